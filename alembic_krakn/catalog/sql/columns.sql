-- Columns of tables. attstattarget is -1 up to PostgreSQL 16 and null from 17 on where nobody set it.
-- Up to PostgreSQL 17 a NOT NULL has no constraint; from 18 on, the name of an inherited one is the parent's business,
-- and one that ends as PostgreSQL's own choice would is that, perhaps from before the table was renamed or detached.
-- Options that begin with pg_ are the server's own notes (15.20 keeps a pg_attver there); pg_dump leaves them out too.
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, a.attnum::int AS objsubid,
       n.nspname AS schema,
       c.relname AS table,
       a.attname AS name,
       a.attnum - CASE WHEN gone.numbers IS NULL THEN 0 ELSE (SELECT count(*) FROM unnest(gone.numbers) AS g WHERE g < a.attnum)::int END AS position,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
       a.attnotnull AS not_null,
       CASE WHEN nn.oid IS NULL THEN NULL WHEN nn.coninhcount = 0 AND right(rtrim(nn.conname, '0123456789'), length(u.usual)) <> u.usual
                 AND NOT (octet_length(c.relname || u.usual) > 63 AND nn.conname LIKE '%\_not\_null') THEN nn.conname END AS not_null_name,
       NOT nn.connoinherit AS not_null_heritable,
       nn.convalidated AS not_null_validated,
       nn.conname AS not_null_constraint,
       coalesce(nn.conislocal, false) AS not_null_local,
       CASE WHEN a.attidentity <> '' THEN
           (SELECT json_build_object('always', a.attidentity = 'a', 'sequence_schema', sn.nspname, 'sequence_name', sc.relname,
                       'start', s.seqstart, 'increment', s.seqincrement, 'minimum', s.seqmin, 'maximum', s.seqmax,
                       'cache', s.seqcache, 'cycle', s.seqcycle)::text
            FROM pg_depend p
            JOIN pg_sequence s ON s.seqrelid = p.objid
            JOIN pg_class sc ON sc.oid = s.seqrelid
            JOIN pg_namespace sn ON sn.oid = sc.relnamespace
            WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
              AND p.refobjid = c.oid AND p.refobjsubid = a.attnum AND p.deptype = 'i')
       END AS identity,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
       a.attgenerated = 'v' AS virtual,
       NOT a.attislocal AS inherited,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END AS storage,
       t.typstorage::text AS own_storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int END AS statistics,
       CASE WHEN cardinality(a.attoptions) > 1 OR NOT starts_with(a.attoptions[1], 'pg_') THEN
           (SELECT array_agg(o ORDER BY o) FROM unnest(a.attoptions) o WHERE o !~ '^pg_')
       END AS options,
       c.relkind = 'f' AS of_foreign,
       format_type(CASE WHEN t.typtype <> 'd' THEN t.oid ELSE (
           WITH RECURSIVE under AS (
               SELECT t.oid, t.typtype, t.typbasetype
               UNION ALL
               SELECT u.oid, u.typtype, u.typbasetype FROM under JOIN pg_type u ON u.oid = under.typbasetype WHERE under.typtype = 'd')
           SELECT oid FROM under WHERE typtype <> 'd') END, NULL) AS base_type,
       t.typtype::text AS type_kind,
       t.typcategory::text AS category,
       t.typnamespace = 'pg_catalog'::regnamespace
           AND (e.oid IS NULL OR e.typnamespace = 'pg_catalog'::regnamespace) AS builtin
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type e ON e.oid = t.typelem
LEFT JOIN pg_constraint nn ON nn.contype = 'n' AND nn.conrelid = c.oid AND nn.conkey[1] = a.attnum
CROSS JOIN LATERAL (SELECT '_' || a.attname || '_not_null') AS u (usual)
LEFT JOIN (SELECT attrelid, array_agg(attnum) AS numbers FROM pg_attribute WHERE attnum > 0 AND attisdropped
           GROUP BY attrelid) gone ON gone.attrelid = c.oid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
