-- Privileges that differ from the ones an object is born with (acldefault()), by object and grantee; no privileges at
-- all is a row as well. The owner's name is told, but is `owned` in the comparison; PUBLIC is an empty name.
WITH securable (classid, objid, objsubid, type, owner, acl, born) AS (
    SELECT 'pg_class'::regclass::oid, c.oid, 0, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relowner, c.relacl,
           acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)
    FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relacl IS NOT NULL
    UNION ALL
    SELECT 'pg_class'::regclass::oid, a.attrelid, a.attnum::int, 'COLUMN', c.relowner, a.attacl, acldefault('c', c.relowner)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_namespace'::regclass::oid, oid, 0, 'SCHEMA', nspowner, nspacl, acldefault('n', nspowner)
    FROM pg_namespace WHERE nspacl IS NOT NULL
    UNION ALL
    SELECT 'pg_proc'::regclass::oid, oid, 0, CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, proowner, proacl, acldefault('f', proowner)
    FROM pg_proc WHERE proacl IS NOT NULL
    UNION ALL
    SELECT CASE WHEN typrelid = 0 THEN 'pg_type'::regclass::oid ELSE 'pg_class'::regclass::oid END,
           coalesce(nullif(typrelid, 0), oid), 0, CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, typowner, typacl, acldefault('T', typowner)
    FROM pg_type WHERE typacl IS NOT NULL
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass::oid, oid, 0, 'FOREIGN DATA WRAPPER', fdwowner, fdwacl, acldefault('F', fdwowner)
    FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
    UNION ALL
    SELECT 'pg_foreign_server'::regclass::oid, oid, 0, 'FOREIGN SERVER', srvowner, srvacl, acldefault('S', srvowner)
    FROM pg_foreign_server WHERE srvacl IS NOT NULL
    UNION ALL
    SELECT 'pg_language'::regclass::oid, oid, 0, 'LANGUAGE', lanowner, lanacl, acldefault('l', lanowner)
    FROM pg_language WHERE lanacl IS NOT NULL
),
entries AS (
    SELECT s.*, e.grantee,
           (SELECT array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END ORDER BY x.privilege_type)
            FROM (SELECT privilege_type, bool_or(is_grantable) AS is_grantable FROM aclexplode(s.acl)
                  WHERE aclexplode.grantee = e.grantee GROUP BY privilege_type) x) AS privileges,
           (SELECT array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END ORDER BY x.privilege_type)
            FROM aclexplode(s.born) x WHERE x.grantee = e.grantee) AS usual
    FROM securable s,
         LATERAL (SELECT grantee FROM aclexplode(s.acl) UNION SELECT grantee FROM aclexplode(s.born)) e
    -- What initdb made is no fact, but for the schema public; its 270 lists were most of the work on a small database.
    WHERE s.objid >= 16384 OR s.classid IN ('pg_namespace'::regclass, 'pg_language'::regclass)
)
SELECT e.classid, e.objid, e.objsubid,
       a.attname AS subname,
       e.type,
       e.grantee = e.owner AS owned,
       CASE WHEN e.grantee = 0 THEN '' ELSE pg_get_userbyid(e.grantee) END::text AS grantee,
       coalesce(e.privileges, '{}') AS privileges,
       coalesce(e.usual, '{}') AS usual
FROM entries e
LEFT JOIN pg_attribute a ON e.classid = 'pg_class'::regclass AND a.attrelid = e.objid AND a.attnum = e.objsubid AND e.objsubid > 0
WHERE e.privileges IS DISTINCT FROM e.usual
