-- Operator classes; their members are in operator_members.sql.
SELECT 'pg_opclass'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.opcname AS name,
       m.amname AS method,
       format_type(c.opcintype, NULL) AS type,
       c.opcdefault AS default,
       ARRAY[fn.nspname, f.opfname]::text[] AS family,
       format_type(nullif(c.opckeytype, 0), NULL) AS storage
FROM pg_opclass c
JOIN pg_am m ON m.oid = c.opcmethod
JOIN pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
