-- Options of all that is foreign: wrappers, servers, user mappings, tables and their columns. A value that looks like
-- a secret, by its option's name or by what it says, stays on the server; only the name is told, in `secrets`. On tables
-- and columns a `key` is a key of rows. A user mapping whose options this role may not see has no row at all.
WITH held (classid, objid, objsubid, options, of_rows) AS (
    SELECT 'pg_foreign_data_wrapper'::regclass::oid, oid, 0, fdwoptions, false FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass::oid, oid, 0, srvoptions, false FROM pg_foreign_server
    UNION ALL
    SELECT 'pg_user_mapping'::regclass::oid, m.umid, 0, m.umoptions, false
    FROM pg_user_mappings m
    JOIN pg_foreign_server s ON s.oid = m.srvid
    WHERE m.umoptions IS NOT NULL  -- what follows is the view's own condition: there are options, or there are none
       OR (m.umuser <> 0 AND m.usename = current_user
           AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')))
       OR (m.umuser = 0 AND pg_has_role(s.srvowner, 'USAGE'))
       OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    UNION ALL SELECT 'pg_class'::regclass::oid, ftrelid, 0, ftoptions, true FROM pg_foreign_table
    UNION ALL
    SELECT 'pg_class'::regclass::oid, attrelid, attnum::int, attfdwoptions, true
    FROM pg_attribute WHERE attfdwoptions IS NOT NULL AND NOT attisdropped
)
SELECT h.classid, h.objid, h.objsubid,
       coalesce(array_agg(o.option_name || '=' || coalesce(o.option_value, '') ORDER BY o.option_name)
                FILTER (WHERE NOT o.secret), '{}') AS foreign_options,
       array_agg(o.option_name ORDER BY o.option_name) FILTER (WHERE o.secret) AS secrets
FROM held h
LEFT JOIN LATERAL (
    SELECT option_name, option_value,
           (option_name ~* CASE WHEN h.of_rows THEN 'passw|passphrase|pwd|secret|credential' ELSE 'pass|pwd|secret|credential|token|key' END
            AND option_name NOT IN ('password_required', 'use_scram_passthrough'))
           OR option_value ~* '://[^/@[:space:]]*:[^/@[:space:]]*@|(passw(or)?d|pwd|secret|token)[[:space:]]*[=:]' AS secret
    FROM pg_options_to_table(h.options)) o ON true
GROUP BY h.classid, h.objid, h.objsubid
