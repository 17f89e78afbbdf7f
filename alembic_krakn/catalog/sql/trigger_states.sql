-- Copies of a partitioned table's trigger that fire otherwise than the one they were made from.
SELECT 'pg_trigger'::regclass::oid AS classid, t.oid AS objid, -3 AS objsubid,  -- no address of its own in pg_depend
       n.nspname AS schema,
       c.relname AS table,
       t.tgname AS name,
       t.tgenabled::text AS enabled,
       p.tgenabled::text AS usual,
       (SELECT array_agg(ARRAY[an.nspname, a.relname]::text[])
        FROM pg_partition_ancestors(c.oid) AS r JOIN pg_class a ON a.oid = r.relid JOIN pg_namespace an ON an.oid = a.relnamespace
        WHERE r.relid <> c.oid) AS above
FROM pg_trigger t
JOIN pg_trigger p ON p.oid = t.tgparentid
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgenabled <> p.tgenabled AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.oid = p.tgconstraint AND k.contype <> 't') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
