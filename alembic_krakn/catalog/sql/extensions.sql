-- Extensions that somebody created; plpgsql is in every database.
SELECT 'pg_extension'::regclass::oid AS classid, e.oid AS objid, 0 AS objsubid,
       e.extname AS name, n.nspname AS schema, e.extversion AS version, e.extrelocatable AS relocatable
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql'
