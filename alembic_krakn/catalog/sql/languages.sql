-- Procedural languages that somebody created.
SELECT 'pg_language'::regclass::oid AS classid, l.oid AS objid, 0 AS objsubid,
       l.lanname AS name,
       l.lanpltrusted AS trusted,
       l.lanplcallfoid::regproc::text AS handler,
       nullif(l.laninline, 0)::regproc::text AS inline,
       nullif(l.lanvalidator, 0)::regproc::text AS validator
FROM pg_language l
WHERE l.oid >= 16384
