-- Comments on whatever else was read; `subname` is the column's name, where it is a column's comment.
SELECT d.classoid AS classid, d.objoid AS objid, d.objsubid,
       a.attname AS subname,
       d.description AS text
FROM pg_description d
LEFT JOIN pg_attribute a ON d.classoid = 'pg_class'::regclass AND a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass
