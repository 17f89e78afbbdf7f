-- Kinds of objects that are not facts yet: how many there are, so that a report can say what was not compared.
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     things (kind, classid, objid) AS (
    SELECT 'rules', 'pg_rewrite'::regclass, r.oid FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE r.rulename <> '_RETURN' AND c.relnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'aggregates', 'pg_proc'::regclass, oid FROM pg_proc WHERE prokind = 'a' AND pronamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'composite types', 'pg_type'::regclass, t.oid FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
        WHERE c.relkind = 'c' AND t.typnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'range types', 'pg_type'::regclass, oid FROM pg_type WHERE typtype = 'r' AND typnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'base types', 'pg_type'::regclass, oid FROM pg_type
        WHERE typtype = 'b' AND typcategory <> 'A' AND typnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'foreign tables', 'pg_class'::regclass, oid FROM pg_class WHERE relkind = 'f' AND relnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'statistics objects', 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'operators', 'pg_operator'::regclass, oid FROM pg_operator WHERE oprnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'operator classes', 'pg_opclass'::regclass, oid FROM pg_opclass WHERE opcnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'casts', 'pg_cast'::regclass, oid FROM pg_cast WHERE oid >= 16384
    UNION ALL SELECT 'collations', 'pg_collation'::regclass, oid FROM pg_collation WHERE collnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'text search configurations', 'pg_ts_config'::regclass, oid FROM pg_ts_config WHERE cfgnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'text search dictionaries', 'pg_ts_dict'::regclass, oid FROM pg_ts_dict WHERE dictnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'event triggers', 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
    UNION ALL SELECT 'publications', 'pg_publication'::regclass, oid FROM pg_publication
    UNION ALL SELECT 'foreign servers', 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
    UNION ALL SELECT 'foreign-data wrappers', 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
)
SELECT kind, count(*)::int AS count
FROM things t
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = t.classid AND e.objid = t.objid AND e.deptype = 'e')
GROUP BY kind
ORDER BY kind
