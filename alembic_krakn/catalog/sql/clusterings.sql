-- The index that ALTER TABLE ... CLUSTER ON remembers, of tables and materialized views.
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, -2 AS objsubid,  -- no address of its own in pg_depend
       n.nspname AS schema,
       c.relname AS table,
       c.relkind = 'm' AS on_view,
       i.relname AS index
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE x.indisclustered AND c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
