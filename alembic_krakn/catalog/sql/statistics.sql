-- Extended statistics. stxstattarget is -1 up to PostgreSQL 16 and null from 17 on where nobody set it.
SELECT 'pg_statistic_ext'::regclass::oid AS classid, s.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       s.stxname AS name,
       pg_get_statisticsobjdef(s.oid) AS definition,
       CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::int END AS target,
       tn.nspname AS table_schema,
       c.relname AS table
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
JOIN pg_class c ON c.oid = s.stxrelid
JOIN pg_namespace tn ON tn.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
