-- CHECK constraints of domains.
SELECT 'pg_constraint'::regclass::oid AS classid, k.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       t.typname AS domain,
       k.conname AS name,
       pg_get_constraintdef(k.oid) AS definition,
       k.convalidated AS validated
FROM pg_constraint k
JOIN pg_type t ON t.oid = k.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE k.contype = 'c' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
