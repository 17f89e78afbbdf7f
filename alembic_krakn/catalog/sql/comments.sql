-- Comments on whatever else was read; `subname` is the column's name, where it is a column's comment. A comment on
-- the index of a key is told at the key's address, with `of_index`; one on the constraint of a NOT NULL or of a
-- constraint trigger at that column's, domain's or trigger's, with its name; one on a composite type at its pg_class row;
-- one on the sequence of an identity column at that column's address, with `of_identity`. What CREATE EXTENSION says of
-- an extension is nobody's comment.
SELECT CASE WHEN k.oid IS NOT NULL THEN 'pg_constraint'::regclass::oid WHEN g.oid IS NOT NULL THEN 'pg_trigger'::regclass::oid
            WHEN o.conrelid <> 0 THEN 'pg_class'::regclass::oid WHEN o.contypid <> 0 THEN 'pg_type'::regclass::oid WHEN t.oid IS NOT NULL THEN 'pg_class'::regclass::oid
            ELSE d.classoid END AS classid,
       coalesce(k.oid, g.oid, nullif(o.conrelid, 0), nullif(o.contypid, 0), t.typrelid, i.refobjid, d.objoid) AS objid,
       CASE WHEN o.conrelid <> 0 AND g.oid IS NULL THEN o.conkey[1] ELSE coalesce(i.refobjsubid, d.objsubid) END AS objsubid,
       a.attname AS subname,
       k.oid IS NOT NULL AS of_index,
       i.objid IS NOT NULL AS of_identity,
       o.conname AS constraint,
       d.description AS text
FROM pg_description d
LEFT JOIN pg_attribute a ON d.classoid = 'pg_class'::regclass AND a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
LEFT JOIN pg_type t ON d.classoid = 'pg_type'::regclass AND t.oid = d.objoid AND t.typrelid <> 0
LEFT JOIN pg_constraint k ON d.classoid = 'pg_class'::regclass AND k.conindid = d.objoid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_constraint o ON d.classoid = 'pg_constraint'::regclass AND o.oid = d.objoid AND o.contype IN ('n', 't')
LEFT JOIN pg_trigger g ON g.tgconstraint = o.oid AND o.contype = 't'
LEFT JOIN pg_depend i ON d.classoid = 'pg_class'::regclass AND i.classid = d.classoid AND i.objid = d.objoid
                     AND i.refclassid = d.classoid AND i.refobjsubid > 0 AND i.deptype = 'i'
WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass)
  AND (d.classoid <> 'pg_extension'::regclass OR (d.objoid, d.description) NOT IN (
      SELECT e.oid, v.comment FROM pg_extension e JOIN pg_available_extensions v ON v.name = e.extname WHERE v.comment IS NOT NULL))
