-- Extended statistics. PostgreSQL prints their columns in the order of the table, which is no difference: they stand by
-- name here, before the expressions. stxstattarget is -1 up to PostgreSQL 16 and null from 17 on where nobody set it.
SELECT 'pg_statistic_ext'::regclass::oid AS classid, s.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       s.stxname AS name,
       replace(pg_get_statisticsobjdef(s.oid), ' ON ' || k.said || ' FROM ',
               ' ON ' || coalesce(k.by_name, '') || substr(k.said, length(coalesce(k.by_place, '')) + 1) || ' FROM ') AS definition,
       CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::int END AS target,
       tn.nspname AS table_schema,
       c.relname AS table,
       c.relkind = 'm' AS on_view
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
JOIN pg_class c ON c.oid = s.stxrelid
JOIN pg_namespace tn ON tn.oid = c.relnamespace,
LATERAL (SELECT pg_get_statisticsobjdef_columns(s.oid) AS said,
                string_agg(quote_ident(a.attname), ', ' ORDER BY u.place) AS by_place,
                string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C") AS by_name
         FROM unnest(s.stxkeys::int2[]) WITH ORDINALITY u(attnum, place)
         JOIN pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = u.attnum) k
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
