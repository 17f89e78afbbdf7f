-- Rewrite rules of tables and views, but for the one that is the view.
SELECT 'pg_rewrite'::regclass::oid AS classid, r.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS table,
       r.rulename AS name,
       btrim(pg_get_ruledef(r.oid), E' \n;') AS definition,
       r.ev_enabled::text AS enabled,
       c.relkind = 'v' AS on_view
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
