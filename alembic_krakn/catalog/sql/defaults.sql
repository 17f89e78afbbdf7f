-- Defaults of tables' columns; the expression of a generated column is part of the column. No function says whether an
-- expression is volatile, so `volatile` goes by the names of the functions that it calls. A default speaks of no column:
-- pg_get_expr() is not told of the table, as it would look at each column of it, and does for each default anew.
-- A NULL that overrides the parent's default is none: a restored pg_dump has it where nothing was, and keeps it where
-- the type has a length.
SELECT 'pg_attrdef'::regclass::oid AS classid, d.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS table,
       a.attname AS column,
       e.expression,
       coalesce((SELECT bool_or(called[1] IN (SELECT p.proname::text FROM pg_proc p WHERE p.provolatile = 'v'))
                 FROM regexp_matches(e.expression, '([[:alnum:]_]+)"?\(', 'g') AS called), false) AS volatile
FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_get_expr(d.adbin, 0) AS expression OFFSET 0) AS e
WHERE a.attgenerated = '' AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND NOT (a.attinhcount > 0 AND e.expression ~ '^NULL::[^()]+(\(\d+(,\d+)?\))?[^()]*$'
           AND (SELECT t.typtype <> 'd' FROM pg_type t WHERE t.oid = a.atttypid))
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
