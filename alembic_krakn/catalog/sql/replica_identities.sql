-- ALTER TABLE ... REPLICA IDENTITY, where it is not the default.
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, -1 AS objsubid,  -- no address of its own in pg_depend
       n.nspname AS schema,
       c.relname AS table,
       c.relreplident::text AS mode,
       (SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        WHERE x.indrelid = c.oid AND x.indisreplident AND c.relreplident = 'i') AS index
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relreplident <> 'd' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
