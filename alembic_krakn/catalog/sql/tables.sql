-- Tables, partitioned tables and foreign tables; columns, constraints and the like have queries of their own.
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS name,
       c.relpersistence::text AS persistence,
       CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       CASE c.relkind WHEN 'p' THEN
           (SELECT array_agg(a.attname::text ORDER BY a.attname)
            FROM pg_partitioned_table k JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE k.partrelid = c.oid AND (a.attnum = ANY (k.partattrs) OR EXISTS (
                SELECT FROM pg_depend d WHERE k.partexprs IS NOT NULL AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.objsubid = a.attnum AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype = 'i'
            )))
       END AS partition_columns,
       CASE WHEN c.relispartition THEN
           (SELECT ARRAY[pn.nspname, p.relname]::text[]
            FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
            WHERE i.inhrelid = c.oid)
       END AS partition_of,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       CASE WHEN NOT c.relispartition THEN
           (SELECT array_agg(ARRAY[pn.nspname, p.relname]::text[] ORDER BY i.inhseqno)
            FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
            WHERE i.inhrelid = c.oid)
       END AS inherits,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
       (SELECT array_agg(o ORDER BY o)
        FROM (SELECT unnest(c.reloptions) UNION ALL SELECT 'toast.' || unnest(t.reloptions)) AS x (o)) AS options,
       nullif(am.amname, 'heap') AS method,
       s.spcname AS tablespace,
       c.relrowsecurity AS row_security,
       c.relforcerowsecurity AS force_row_security,
       fs.srvname AS server
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
LEFT JOIN pg_foreign_server fs ON fs.oid = f.ftserver
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
