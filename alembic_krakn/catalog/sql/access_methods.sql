-- Access methods that somebody created.
SELECT 'pg_am'::regclass::oid AS classid, a.oid AS objid, 0 AS objsubid,
       a.amname AS name,
       CASE a.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END AS type,
       a.amhandler::text AS handler
FROM pg_am a
WHERE a.oid >= 16384
