-- ALTER DEFAULT PRIVILEGES, by role, schema, type of object and grantee; without a schema they take the place of the
-- ones an object is born with, in a schema they come on top. PUBLIC is an empty name.
WITH defaults AS (
    SELECT d.oid, d.defaclrole, d.defaclnamespace, d.defaclobjtype, d.defaclacl,
           CASE WHEN d.defaclnamespace = 0 THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::"char", d.defaclrole)
                END AS born
    FROM pg_default_acl d
)
SELECT 'pg_default_acl'::regclass::oid AS classid, d.oid AS objid, 0 AS objsubid,
       pg_get_userbyid(d.defaclrole)::text AS role,
       coalesce(n.nspname, '')::text AS in_schema,
       CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
                            WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END AS objects,
       CASE WHEN e.grantee = 0 THEN '' ELSE pg_get_userbyid(e.grantee) END::text AS grantee,
       coalesce(e.privileges, '{}') AS privileges,
       coalesce(e.usual, '{}') AS usual
FROM defaults d
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace,
LATERAL (
    SELECT g.grantee,
           (SELECT array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END ORDER BY x.privilege_type)
            FROM aclexplode(d.defaclacl) x WHERE x.grantee = g.grantee) AS privileges,
           (SELECT array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END ORDER BY x.privilege_type)
            FROM aclexplode(d.born) x WHERE x.grantee = g.grantee) AS usual
    FROM (SELECT grantee FROM aclexplode(d.defaclacl) UNION SELECT grantee FROM aclexplode(d.born)) g
) e
WHERE e.privileges IS DISTINCT FROM e.usual
