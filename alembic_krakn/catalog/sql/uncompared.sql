-- Kinds of objects that are not facts yet: how many there are, so that a report can say what was not compared.
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     things (kind, classid, objid) AS (
    SELECT 'base types', 'pg_type'::regclass, oid FROM pg_type
        WHERE typtype = 'b' AND typcategory <> 'A' AND typnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'foreign tables', 'pg_class'::regclass, oid FROM pg_class WHERE relkind = 'f' AND relnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'operator classes', 'pg_opclass'::regclass, oid FROM pg_opclass WHERE opcnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'foreign servers', 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
    UNION ALL SELECT 'foreign-data wrappers', 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
)
SELECT kind, count(*)::int AS count
FROM things t
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = t.classid AND e.objid = t.objid AND e.deptype = 'e')
GROUP BY kind
ORDER BY kind
