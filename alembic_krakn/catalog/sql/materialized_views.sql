-- Materialized views; of the options of their columns, those that begin with pg_ are the server's own notes.
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS name,
       btrim(pg_get_viewdef(c.oid), E' \n;') AS definition,
       (SELECT array_agg(o ORDER BY o)
        FROM (SELECT unnest(c.reloptions) UNION ALL SELECT 'toast.' || unnest(t.reloptions)) AS x (o)) AS options,
       nullif(am.amname, 'heap') AS method,
       s.spcname AS tablespace,
       (SELECT json_agg(json_build_object(
                   'name', a.attname,
                   'storage', CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
                   'own_storage', t.typstorage::text,
                   'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
                   'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
                   'options', o.options) ORDER BY a.attname)::text
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        CROSS JOIN LATERAL (SELECT array_agg(x ORDER BY x) FROM unnest(a.attoptions) x WHERE x !~ '^pg_') AS o (options)
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.attstorage <> t.typstorage OR a.attstattarget >= 0 OR a.attcompression <> '' OR o.options IS NOT NULL)) AS settings,
       c.relispopulated AS populated
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relkind = 'm' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
