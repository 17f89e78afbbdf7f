-- Domains. From PostgreSQL 17 on, NOT NULL is a constraint with a name.
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       t.typname AS name,
       format_type(t.typbasetype, t.typtypmod) AS type,
       CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END AS collation,
       coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) AS default,
       t.typnotnull AS not_null,
       k.conname AS not_null_constraint,
       CASE WHEN u.usual <> k.conname AND NOT (octet_length(u.usual) > 63 AND k.conname LIKE '%\_not\_null') THEN k.conname END AS not_null_name
FROM pg_type t
JOIN pg_type b ON b.oid = t.typbasetype
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_constraint k ON k.contypid = t.oid AND k.contype = 'n'
CROSS JOIN LATERAL (SELECT t.typname || '_not_null') AS u (usual)
WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
