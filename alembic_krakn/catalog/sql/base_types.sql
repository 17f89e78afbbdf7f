-- Base types, as the parameters of CREATE TYPE; not the array type that every type has.
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       t.typname AS name,
       (SELECT json_agg(json_build_array(p.name, p.value) ORDER BY p.place)::text
        FROM (VALUES
            (1, 'INPUT', t.typinput::text),
            (2, 'OUTPUT', t.typoutput::text),
            (3, 'RECEIVE', nullif(t.typreceive::oid, 0)::regproc::text),
            (4, 'SEND', nullif(t.typsend::oid, 0)::regproc::text),
            (5, 'TYPMOD_IN', nullif(t.typmodin::oid, 0)::regproc::text),
            (6, 'TYPMOD_OUT', nullif(t.typmodout::oid, 0)::regproc::text),
            (7, 'ANALYZE', nullif(t.typanalyze::oid, 0)::regproc::text),
            (8, 'SUBSCRIPT', nullif(t.typsubscript::oid, 0)::regproc::text),
            (9, 'INTERNALLENGTH', CASE WHEN t.typlen < 0 THEN 'VARIABLE' ELSE t.typlen::text END),
            (10, 'PASSEDBYVALUE', CASE WHEN t.typbyval THEN 'true' END),
            (11, 'ALIGNMENT', CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' ELSE 'int4' END),
            (12, 'STORAGE', CASE t.typstorage WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' ELSE 'plain' END),
            (13, 'CATEGORY', quote_literal(t.typcategory::text)),
            (14, 'PREFERRED', CASE WHEN t.typispreferred THEN 'true' END),
            (15, 'DEFAULT', quote_literal(t.typdefault)),
            (16, 'ELEMENT', format_type(nullif(t.typelem, 0), NULL)),
            (17, 'DELIMITER', CASE WHEN t.typdelim <> ',' THEN quote_literal(t.typdelim::text) END),
            (18, 'COLLATABLE', CASE WHEN t.typcollation <> 0 THEN 'true' END)) AS p (place, name, value)
        WHERE p.value IS NOT NULL) AS parameters
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'b' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
