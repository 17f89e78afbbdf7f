-- Transforms.
SELECT 'pg_transform'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       format_type(t.trftype, NULL) AS type,
       l.lanname AS language,
       nullif(t.trffromsql::oid, 0)::regprocedure::text AS from_sql,
       nullif(t.trftosql::oid, 0)::regprocedure::text AS to_sql
FROM pg_transform t
JOIN pg_language l ON l.oid = t.trflang
