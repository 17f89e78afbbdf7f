-- Indexes that no constraint owns, key by key. An index of a partition that the parent's index made is told
-- with that index as its parent.
SELECT 'pg_class'::regclass::oid AS classid, i.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       i.relname AS name,
       c.relname AS table,
       c.relkind = 'm' AS on_view,
       am.amname AS method,
       x.indisunique AS unique,
       coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,  -- PostgreSQL 15
       (SELECT json_agg(json_build_object(
                   'expression', CASE WHEN a.attnum IS NULL THEN pg_get_indexdef(i.oid, k::int, false) ELSE quote_ident(a.attname) END,
                   'column', a.attname,
                   'collation', CASE WHEN x.indcollation[k - 1] <> coalesce(
                           a.attcollation, (SELECT t.typcollation FROM pg_type t WHERE t.oid = ia.atttypid)) THEN
                       (SELECT CASE WHEN ln.nspname <> 'pg_catalog' THEN quote_ident(ln.nspname) || '.' ELSE '' END || quote_ident(l.collname)
                        FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = x.indcollation[k - 1]) END,
                   'opclass', CASE WHEN NOT o.opcdefault OR (ia.attoptions IS NOT NULL AND EXISTS (SELECT FROM unnest(ia.attoptions) v WHERE v !~ '^pg_')) THEN
                       CASE WHEN opn.nspname <> 'pg_catalog' THEN quote_ident(opn.nspname) || '.' ELSE '' END || quote_ident(o.opcname)
                       || coalesce('(' || (SELECT string_agg(quote_ident(split_part(v, '=', 1)) || '='
                              || quote_literal(substr(v, strpos(v, '=') + 1)), ', ' ORDER BY v) FROM unnest(ia.attoptions) v WHERE v !~ '^pg_') || ')', '') END,
                   'descending', x.indoption[k - 1] & 1 = 1,
                   'nulls_first', x.indoption[k - 1] & 2 = 2,
                   'statistics', CASE WHEN ia.attstattarget >= 0 THEN ia.attstattarget END) ORDER BY k)::text
        FROM generate_series(1, x.indnkeyatts) AS k
        JOIN pg_attribute ia ON ia.attrelid = i.oid AND ia.attnum = k
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[k - 1] AND a.attnum <> 0
        JOIN pg_opclass o ON o.oid = x.indclass[k - 1]
        JOIN pg_namespace opn ON opn.oid = o.opcnamespace) AS keys,
       CASE WHEN x.indnatts > x.indnkeyatts THEN
           (SELECT array_agg(a.attname::text ORDER BY u.n)
            FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS u (attnum, n)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
            WHERE u.n > x.indnkeyatts)
       END AS include,
       pg_get_expr(x.indpred, x.indrelid) AS predicate,
       CASE WHEN i.reloptions IS NOT NULL THEN (SELECT array_agg(o ORDER BY o) FROM unnest(i.reloptions) o) END AS options,
       i.reloptions AS said_options,
       s.spcname AS tablespace,
       x.indisvalid AS valid,
       (SELECT ARRAY[pn.nspname, p.relname]::text[]
        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE h.inhrelid = i.oid) AS parent_index,
       i.relkind = 'I' AS partitioned
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = i.relnamespace
JOIN pg_am am ON am.oid = i.relam
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
