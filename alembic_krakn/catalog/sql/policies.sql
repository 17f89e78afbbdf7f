-- Row security policies; the role PUBLIC is an empty name here, which no role can have.
SELECT 'pg_policy'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.relname AS table,
       p.polname AS name,
       p.polpermissive AS permissive,
       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command,
       (SELECT array_agg(coalesce(pg_get_userbyid(nullif(r, 0)), '')::text ORDER BY pg_get_userbyid(nullif(r, 0)))
        FROM unnest(p.polroles) r) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using,
       pg_get_expr(p.polwithcheck, p.polrelid) AS check
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
