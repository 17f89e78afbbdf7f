-- Privileges that differ from the ones an object is born with (acldefault(), or what the script of its extension left),
-- by object and grantee; no privileges at all is a row as well. The owner's name is told, but is `owned` in the
-- comparison; PUBLIC is an empty name. What is no fact has its name told: what an extension has made, and a language of
-- PostgreSQL's own. The sequence of an identity column is told at that column's address.
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
            FROM aclexplode(s.usual) x WHERE CASE x.grantee WHEN x.grantor THEN s.owner ELSE x.grantee END = e.grantee) AS usual_privileges,
           (SELECT array_agg(x.privilege_type || ' ' || pg_get_userbyid(x.grantor) ORDER BY 1)
            FROM aclexplode(s.acl) x WHERE x.grantee = e.grantee AND x.grantor <> s.owner) AS handed_on
    FROM (SELECT s.*, x.extname AS extension, coalesce(p.initprivs, s.born) AS usual
          FROM securable s
          LEFT JOIN pg_depend d ON d.classid = s.classid AND d.objid = s.objid AND d.deptype = 'e'
          LEFT JOIN pg_extension x ON x.oid = d.refobjid
          LEFT JOIN pg_init_privs p ON p.classoid = d.classid AND p.objoid = d.objid AND p.objsubid = s.objsubid
          WHERE x.oid IS NULL OR p.initprivs IS DISTINCT FROM s.acl) s,
         LATERAL (SELECT grantee FROM aclexplode(s.acl)
                  -- What an extension's script left keeps the name of who owned it then.
                  UNION SELECT CASE grantee WHEN grantor THEN s.owner ELSE grantee END FROM aclexplode(s.usual)) e
    -- What initdb made is no fact, but for the schema public; its 270 lists were most of the work on a small database.
    WHERE s.objid >= 16384 OR s.classid IN ('pg_namespace'::regclass, 'pg_language'::regclass)
)
SELECT e.classid,
       coalesce(i.refobjid, e.objid) AS objid,
       coalesce(i.refobjsubid, e.objsubid) AS objsubid,
       (SELECT a.attname FROM pg_attribute a
        WHERE e.classid = 'pg_class'::regclass AND a.attrelid = coalesce(i.refobjid, e.objid)
          AND a.attnum = coalesce(i.refobjsubid, e.objsubid)) AS subname,
       i.objid IS NOT NULL AS of_identity,
       nullif(e.extension, 'plpgsql') AS extension,  -- which is in every database, and no fact
       CASE WHEN e.extension IS NOT NULL OR (e.classid = 'pg_language'::regclass AND e.objid < 16384) THEN
           CASE e.classid
           WHEN 'pg_proc'::regclass THEN (SELECT ARRAY[nspname, proname, oidvectortypes(proargtypes)]::text[]
                                          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = e.objid)
           WHEN 'pg_type'::regclass THEN (SELECT ARRAY[nspname, typname]::text[]
                                          FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = e.objid)
           ELSE (SELECT object_names FROM pg_identify_object_as_address(e.classid, e.objid, e.objsubid)) END
       END AS named,
       e.type,
       e.grantee = e.owner AS owned,
       CASE WHEN e.grantee = 0 THEN '' ELSE pg_get_userbyid(e.grantee) END::text AS grantee,
       coalesce(e.privileges, '{}') AS privileges,
       coalesce(e.usual_privileges, '{}') AS usual,
       coalesce(e.handed_on, '{}') AS handed_on
FROM entries e
LEFT JOIN pg_depend i ON e.type = 'SEQUENCE' AND i.classid = 'pg_class'::regclass AND i.objid = e.objid
                     AND i.refclassid = 'pg_class'::regclass AND i.deptype = 'i'
WHERE e.privileges IS DISTINCT FROM e.usual_privileges
