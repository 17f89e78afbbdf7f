-- Comments on whatever else was read; `subname` is the column's name, where it is a column's comment. A comment on
-- the index of a key is told at the key's address, with `of_index`.
SELECT CASE WHEN k.oid IS NULL THEN d.classoid ELSE 'pg_constraint'::regclass::oid END AS classid,
       coalesce(k.oid, d.objoid) AS objid,
       d.objsubid,
       a.attname AS subname,
       k.oid IS NOT NULL AS of_index,
       d.description AS text
FROM pg_description d
LEFT JOIN pg_attribute a ON d.classoid = 'pg_class'::regclass AND a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
LEFT JOIN pg_constraint k ON d.classoid = 'pg_class'::regclass AND k.conindid = d.objoid AND k.contype IN ('p', 'u', 'x')
WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass
