-- Kinds of objects that are no facts: how many there are, so that a report can say what was not compared.
-- A subscription's connection is a secret that only superusers may read, and CREATE SUBSCRIPTION acts on another server.
-- The word of a security label is its provider's, which has to be loaded to take it. What initdb grants is in
-- pg_init_privs, but for the information schema's. ALTER ... DEPENDS ON EXTENSION lets a thing go with an extension.
WITH things (kind, classid, objid) AS (
    SELECT 'subscriptions', 0::oid, 0::oid  -- not everybody may read their oid
    FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database()
    UNION ALL SELECT 'security labels', classoid, objoid FROM pg_seclabel
    UNION ALL
    SELECT 'objects of the system with privileges of their own', 0, o.oid
    FROM (SELECT 'pg_class'::regclass AS classid, oid, relnamespace AS namespace, relacl AS acl FROM pg_class
          UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proacl FROM pg_proc) o
    LEFT JOIN pg_init_privs i ON i.classoid = o.classid AND i.objoid = o.oid AND i.objsubid = 0
    WHERE o.acl IS DISTINCT FROM i.initprivs AND o.oid < 16384 AND o.namespace = 'pg_catalog'::regnamespace
    UNION ALL SELECT 'things that depend on an extension by their own word', classid, objid FROM pg_depend WHERE deptype = 'x'
)
SELECT kind, count(*)::int AS count
FROM things t
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = t.classid AND e.objid = t.objid AND e.deptype = 'e')
GROUP BY kind
ORDER BY kind
