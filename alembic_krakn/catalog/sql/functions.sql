-- Functions, window functions and procedures, but for those that belong to a type (of a range, say) or to an extension:
-- PostGIS has a thousand, and what they are made of would travel for nothing.
SELECT 'pg_proc'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       p.proname AS name,
       oidvectortypes(p.proargtypes) AS arguments,
       p.prokind = 'p' AS procedure,
       p.prokind = 'w' AS window,
       pg_get_functiondef(p.oid) AS definition,
       (SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n)
        FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u (t, n)) AS signature,
       coalesce(array_to_string(p.proargmodes, ''), repeat('i', p.pronargs)) AS modes,
       coalesce(p.proargnames, array_fill(''::text, ARRAY[cardinality(coalesce(p.proallargtypes, p.proargtypes::oid[]))])) AS names,
       p.pronargdefaults::int AS defaults,
       pg_get_function_result(p.oid) AS returns,
       l.lanname AS language,
       p.prosqlbody IS NOT NULL AS parsed
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind IN ('f', 'w', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('i', 'e'))
