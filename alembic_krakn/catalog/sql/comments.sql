-- Comments on whatever else was read; `subname` is the column's name, where it is a column's comment. A comment on
-- the index of a key is told at the key's address, with `of_index`; one on a composite type at its pg_class row.
SELECT CASE WHEN k.oid IS NOT NULL THEN 'pg_constraint'::regclass::oid WHEN t.oid IS NOT NULL THEN 'pg_class'::regclass::oid
            ELSE d.classoid END AS classid,
       coalesce(k.oid, t.typrelid, d.objoid) AS objid,
       d.objsubid,
       a.attname AS subname,
       k.oid IS NOT NULL AS of_index,
       d.description AS text
FROM pg_description d
LEFT JOIN pg_attribute a ON d.classoid = 'pg_class'::regclass AND a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
LEFT JOIN pg_type t ON d.classoid = 'pg_type'::regclass AND t.oid = d.objoid AND t.typrelid <> 0
LEFT JOIN pg_constraint k ON d.classoid = 'pg_class'::regclass AND k.conindid = d.objoid AND k.contype IN ('p', 'u', 'x')
WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass
