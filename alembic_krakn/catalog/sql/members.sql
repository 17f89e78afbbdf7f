-- What belongs to an extension; CREATE EXTENSION makes it, so it is nothing to compare.
SELECT classid, objid
FROM pg_depend
WHERE deptype = 'e'
