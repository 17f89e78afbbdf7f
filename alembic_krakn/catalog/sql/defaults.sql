-- Defaults of tables' columns; the expression of a generated column is part of the column. No function says whether an
-- expression is volatile, so `volatile` goes by the names of the functions that it calls.
SELECT 'pg_attrdef'::regclass::oid AS classid, d.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS table,
       a.attname AS column,
       pg_get_expr(d.adbin, d.adrelid) AS expression,
       EXISTS (SELECT FROM regexp_matches(pg_get_expr(d.adbin, d.adrelid), '([[:alnum:]_]+)"?\(', 'g') AS called
               JOIN pg_proc p ON p.proname = called[1] AND p.provolatile = 'v') AS volatile
FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attgenerated = '' AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
