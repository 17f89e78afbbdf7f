-- Which queries have anything to find: most databases have nothing of most kinds, and each query costs a way there and
-- back, and its planning more than that. Those that are missing here are always asked. What initdb made has an oid below
-- 16384, whatever somebody made has not.
SELECT name
FROM (VALUES
    ('wrappers', EXISTS (SELECT FROM pg_foreign_data_wrapper)),
    ('servers', EXISTS (SELECT FROM pg_foreign_server)),
    ('user_mappings', EXISTS (SELECT FROM pg_foreign_server)),
    ('foreign_options', EXISTS (SELECT FROM pg_foreign_data_wrapper)),
    ('tables', EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'f'))),
    ('columns', EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'f'))),
    ('defaults', EXISTS (SELECT FROM pg_attrdef)),
    ('constraints', EXISTS (SELECT FROM pg_constraint WHERE oid >= 16384 AND conrelid <> 0 AND contype IN ('p', 'u', 'f', 'c', 'x'))),
    ('indexes', EXISTS (SELECT FROM pg_class i WHERE i.oid >= 16384 AND i.relkind IN ('i', 'I') AND i.relnamespace <> 'pg_toast'::regnamespace
        AND i.oid NOT IN (SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u', 'x')))),  -- which is hashed
    ('replica_identities', EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p') AND relreplident <> 'd')),
    ('clusterings', EXISTS (SELECT FROM pg_index WHERE indexrelid >= 16384 AND indisclustered)),
    ('sequences', EXISTS (SELECT FROM pg_sequence)),
    ('sequence_ownerships', EXISTS (SELECT FROM pg_sequence)),
    ('enums', EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typtype = 'e')),
    ('domains', EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typtype = 'd')),
    ('domain_constraints', EXISTS (SELECT FROM pg_constraint WHERE oid >= 16384 AND contypid <> 0)),
    ('composites', EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind = 'c')),
    ('ranges', EXISTS (SELECT FROM pg_range WHERE rngtypid >= 16384)),
    ('collations', EXISTS (SELECT FROM pg_collation WHERE oid >= 16384)),
    ('shell_types', EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typtype = 'p')),
    ('base_types', EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typtype = 'b' AND typarray <> 0)),  -- an array has none
    ('languages', EXISTS (SELECT FROM pg_language WHERE oid >= 16384)),
    ('access_methods', EXISTS (SELECT FROM pg_am WHERE oid >= 16384)),
    ('transforms', EXISTS (SELECT FROM pg_transform)),
    ('conversions', EXISTS (SELECT FROM pg_conversion WHERE oid >= 16384)),
    ('views', EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind = 'v')),
    ('materialized_views', EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind = 'm')),
    ('functions', EXISTS (SELECT FROM pg_proc WHERE oid >= 16384 AND prokind <> 'a')),
    ('aggregates', EXISTS (SELECT FROM pg_proc WHERE oid >= 16384 AND prokind = 'a')),
    ('operators', EXISTS (SELECT FROM pg_operator WHERE oid >= 16384)),
    ('operator_families', EXISTS (SELECT FROM pg_opfamily WHERE oid >= 16384)),
    ('operator_classes', EXISTS (SELECT FROM pg_opclass WHERE oid >= 16384)),
    ('operator_members', EXISTS (SELECT FROM pg_amop WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_amproc WHERE oid >= 16384)),
    ('casts_created', EXISTS (SELECT FROM pg_cast WHERE oid >= 16384)),
    ('triggers', EXISTS (SELECT FROM pg_trigger WHERE oid >= 16384 AND NOT tgisinternal)),
    ('trigger_states', EXISTS (SELECT FROM pg_trigger WHERE oid >= 16384 AND tgparentid <> 0)),
    ('event_triggers', EXISTS (SELECT FROM pg_event_trigger)),
    ('statistics', EXISTS (SELECT FROM pg_statistic_ext)),
    ('search_parsers', EXISTS (SELECT FROM pg_ts_parser WHERE oid >= 16384)),
    ('search_templates', EXISTS (SELECT FROM pg_ts_template WHERE oid >= 16384)),
    ('search_dictionaries', EXISTS (SELECT FROM pg_ts_dict WHERE oid >= 16384)),
    ('search_configurations', EXISTS (SELECT FROM pg_ts_config WHERE oid >= 16384)),
    ('publications', EXISTS (SELECT FROM pg_publication)),
    ('rules', EXISTS (SELECT FROM pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN')),
    ('policies', EXISTS (SELECT FROM pg_policy)),
    ('default_privileges', EXISTS (SELECT FROM pg_default_acl))
) AS kinds (name, there)
WHERE there
