-- Operator families; their members are in operator_members.sql.
SELECT 'pg_opfamily'::regclass::oid AS classid, f.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       f.opfname AS name,
       m.amname AS method
FROM pg_opfamily f
JOIN pg_am m ON m.oid = f.opfmethod
JOIN pg_namespace n ON n.oid = f.opfnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
