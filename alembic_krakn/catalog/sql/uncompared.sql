-- Kinds of objects that are no facts: how many there are, so that a report can say what was not compared.
-- A subscription's connection is a secret that only superusers may read, and CREATE SUBSCRIPTION acts on another server.
-- The word of a security label is its provider's, which has to be loaded to take it.
WITH things (kind, classid, objid) AS (
    SELECT 'subscriptions', 'pg_subscription'::regclass::oid, s.oid
    FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database()
    UNION ALL SELECT 'security labels', classoid, objoid FROM pg_seclabel
)
SELECT kind, count(*)::int AS count
FROM things t
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = t.classid AND e.objid = t.objid AND e.deptype = 'e')
GROUP BY kind
ORDER BY kind
