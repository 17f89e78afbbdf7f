-- Composite types, attribute by attribute. Dependencies and comments name them by their pg_class row.
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS name,
       (SELECT json_agg(json_build_object(
                   'name', a.attname,
                   'type', format_type(a.atttypid, a.atttypmod),
                   'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END)
                   ORDER BY a.attnum)::text
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS attributes
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'c' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
