-- Indexes that no constraint owns, key by key. An index of a partition that the parent's index made is told
-- with that index as its parent.
SELECT 'pg_class'::regclass::oid AS classid, i.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       i.relname AS name,
       c.relname AS table,
       c.relkind = 'm' AS on_view,
       am.amname AS method,
       x.indisunique AS unique,
       x.nulls_not_distinct,
       -- Expression, column, collation, operator class, descending, nulls first and statistics of each: as JSON, this takes
       -- longer, and with more queries inside it does as well.
       (SELECT array_agg(ARRAY[
                   CASE WHEN a.attnum IS NULL THEN pg_get_indexdef(i.oid, ia.attnum, false) ELSE quote_ident(a.attname) END,
                   a.attname,
                   CASE WHEN x.indcollation[ia.attnum - 1] NOT IN (0, coalesce(a.attcollation, (SELECT typcollation FROM pg_type WHERE oid = ia.atttypid))) THEN
                       x.indcollation[ia.attnum - 1]::regcollation::text END,
                   CASE WHEN x.indclass[ia.attnum - 1] NOT IN (SELECT oid FROM pg_opclass WHERE opcdefault) OR ia.attoptions IS NOT NULL THEN
                       (SELECT CASE WHEN o.opcnamespace <> 'pg_catalog'::regnamespace THEN o.opcnamespace::regnamespace || '.' ELSE '' END
                               || quote_ident(o.opcname) || coalesce('(' || v.options || ')', '')
                        FROM pg_opclass o, (SELECT string_agg(quote_ident(split_part(u, '=', 1)) || '=' || quote_literal(substr(u, strpos(u, '=') + 1)), ', ' ORDER BY u)
                              FROM unnest(ia.attoptions) AS u WHERE u !~ '^pg_') AS v (options)
                        WHERE o.oid = x.indclass[ia.attnum - 1] AND (NOT o.opcdefault OR v.options IS NOT NULL)) END,
                   (x.indoption[ia.attnum - 1] & 1 = 1)::text,
                   (x.indoption[ia.attnum - 1] & 2 = 2)::text,
                   CASE WHEN ia.attstattarget >= 0 THEN ia.attstattarget::text END] ORDER BY ia.attnum)
        FROM pg_attribute ia
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[ia.attnum - 1] AND a.attnum <> 0
        WHERE ia.attrelid = i.oid AND ia.attnum BETWEEN 1 AND x.indnkeyatts) AS keys,
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
-- A column that an older server does not have is that of `older`: a name that is not found inside means the one outside.
FROM (SELECT false AS indnullsnotdistinct) AS older
CROSS JOIN LATERAL (SELECT pg_index.*, indnullsnotdistinct AS nulls_not_distinct FROM pg_index) AS x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = i.relnamespace
JOIN pg_am am ON am.oid = i.relam
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
