-- Constraints of tables. A foreign key of a partitioned table has copies for each partition (conparentid), which
-- are PostgreSQL's own business; keys of partitions have names of their own and are told, as inherited.
SELECT 'pg_constraint'::regclass::oid AS classid, k.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS table,
       k.conname AS name,
       k.contype::text AS type,
       pg_get_constraintdef(k.oid) AS definition,
       CASE WHEN i.reloptions IS NOT NULL THEN (SELECT array_agg(o ORDER BY o) FROM unnest(i.reloptions) o) END AS options,
       s.spcname AS tablespace,
       k.conparentid <> 0 OR (k.coninhcount > 0 AND (NOT k.conislocal OR c.relispartition)) AS inherited,
       (SELECT array_agg((SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = u.attnum) ORDER BY u.n)
        FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, n) WHERE u.attnum <> 0) AS columns,
       c.relkind = 'f' AS of_foreign,
       pg_get_expr(k.conbin, k.conrelid) AS expression,
       CASE WHEN k.contype = 'f' THEN
           (SELECT ARRAY[rn.nspname, r.relname]::text[]
            FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = k.confrelid)
       END AS references,
       CASE WHEN k.contype = 'f' THEN
           (SELECT array_agg((SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = u.attnum) ORDER BY u.n)
            FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, n))
       END AS referenced_columns,
       k.confupdtype::text AS on_update,
       k.confdeltype::text AS on_delete,
       k.confmatchtype::text AS match,
       k.condeferrable AS deferrable,
       k.condeferred AS deferred,
       k.convalidated AS validated,
       k.enforced,
       CASE WHEN x.indnatts > x.indnkeyatts THEN
           (SELECT array_agg(a.attname::text ORDER BY u.n)
            FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS u (attnum, n)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
            WHERE u.n > x.indnkeyatts)
       END AS include,
       coalesce(x.nulls_not_distinct, false) AS nulls_not_distinct,
       k.period,
       CASE WHEN coalesce(k.conpfeqop, k.conexclop) IS NOT NULL THEN
           (SELECT array_agg((SELECT quote_ident(opn.nspname) || '.' || op.oprname
                              FROM pg_operator op JOIN pg_namespace opn ON opn.oid = op.oprnamespace WHERE op.oid = u.oid) ORDER BY u.n)
            FROM unnest(coalesce(k.conpfeqop, k.conexclop)) WITH ORDINALITY AS u (oid, n))
       END AS operators,
       CASE WHEN k.conexclop IS NOT NULL THEN
           (SELECT array_agg(pg_get_indexdef(k.conindid, n, false) ORDER BY n)
            FROM generate_series(1, x.indnkeyatts::int) AS n)
       END AS elements,
       pg_get_expr(x.indpred, x.indrelid) AS predicate,
       CASE WHEN k.contype IN ('p', 'u', 'x') THEN
           (SELECT ARRAY[pn.nspname, p.relname]::text[]
            FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
            WHERE h.inhrelid = k.conindid)
       END AS parent_index,
       c.relkind <> 'p' OR coalesce(x.indisvalid, true) AS whole
-- A column that an older server does not have is that of `older`: a name that is not found inside means the one outside.
FROM (SELECT true AS conenforced, false AS conperiod, false AS indnullsnotdistinct) AS older
CROSS JOIN LATERAL (SELECT pg_constraint.*, conenforced AS enforced, conperiod AS period FROM pg_constraint) AS k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN LATERAL (SELECT pg_index.*, indnullsnotdistinct AS nulls_not_distinct FROM pg_index) AS x ON x.indexrelid = i.oid
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
