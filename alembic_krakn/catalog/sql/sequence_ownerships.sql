-- ALTER SEQUENCE ... OWNED BY.
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, -1 AS objsubid,  -- no address of its own in pg_depend
       n.nspname AS schema,
       c.relname AS sequence,
       tn.nspname AS table_schema,
       t.relname AS table,
       a.attname AS column
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
     AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype = 'a'
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
