-- What belongs to an extension; CREATE EXTENSION makes it, so it is nothing to compare. Of a composite type, PostgreSQL
-- says so by its pg_type row only.
SELECT classid, objid
FROM pg_depend
WHERE deptype = 'e'
UNION ALL
SELECT 'pg_class'::regclass, t.typrelid
FROM pg_depend d
JOIN pg_type t ON t.oid = d.objid
WHERE d.deptype = 'e' AND d.classid = 'pg_type'::regclass AND t.typrelid <> 0
