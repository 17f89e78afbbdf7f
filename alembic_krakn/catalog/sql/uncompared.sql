-- Kinds of objects that are not facts yet: how many there are, so that a report can say what was not compared.
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     things (kind, classid, objid) AS (
    SELECT 'base types', 'pg_type'::regclass, oid FROM pg_type
        WHERE typtype = 'b' AND typcategory <> 'A' AND typnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'operator classes', 'pg_opclass'::regclass, oid FROM pg_opclass WHERE opcnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'operator families', 'pg_opfamily'::regclass, oid FROM pg_opfamily WHERE opfnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'languages', 'pg_language'::regclass, oid FROM pg_language WHERE oid >= 16384
    UNION ALL SELECT 'access methods', 'pg_am'::regclass, oid FROM pg_am WHERE oid >= 16384
    UNION ALL SELECT 'transforms', 'pg_transform'::regclass, oid FROM pg_transform
    UNION ALL SELECT 'conversions', 'pg_conversion'::regclass, oid FROM pg_conversion WHERE connamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'text search parsers', 'pg_ts_parser'::regclass, oid FROM pg_ts_parser WHERE prsnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'text search templates', 'pg_ts_template'::regclass, oid FROM pg_ts_template WHERE tmplnamespace IN (SELECT oid FROM ours)
)
SELECT kind, count(*)::int AS count
FROM things t
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = t.classid AND e.objid = t.objid AND e.deptype = 'e')
GROUP BY kind
ORDER BY kind
