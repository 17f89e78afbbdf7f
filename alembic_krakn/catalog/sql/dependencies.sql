-- What depends on what, both ends put in terms of the objects that people create: a rewrite rule is its view, an
-- array is its element's type, a multirange is its range, a row type is its table, the index of a constraint is that constraint, the expression
-- of a generated column is that column, a default of a view is the view, a member is its operator class or family, a table in a publication
-- is the publication. One row with a list for each column: there are more dependencies than anything else.
-- The bounds are int8, as statistics older than the database's objects would expect none beyond them, and plan for that.
WITH known (classid, objid, objsubid, refclassid, refobjid, refobjsubid) AS (
SELECT CASE WHEN r.oid IS NOT NULL OR g.oid IS NOT NULL THEN 'pg_class'::regclass::oid
            WHEN ok.oid IS NOT NULL THEN 'pg_constraint'::regclass::oid
            WHEN om.objid IS NOT NULL THEN om.refclassid
            WHEN pr.oid IS NOT NULL THEN 'pg_publication'::regclass::oid
            ELSE d.classid END AS classid,
       coalesce(r.ev_class, g.adrelid, ok.oid, om.refobjid, pr.prpubid, d.objid) AS objid,
       CASE WHEN r.oid IS NOT NULL OR ok.oid IS NOT NULL THEN 0 ELSE coalesce(g.adnum, d.objsubid) END AS objsubid,
       CASE WHEN t.typrelid <> 0 THEN 'pg_class'::regclass::oid WHEN k.oid IS NOT NULL THEN 'pg_constraint'::regclass::oid
            ELSE d.refclassid END AS refclassid,
       CASE WHEN t.typrelid <> 0 THEN t.typrelid ELSE coalesce(mr.rngtypid, t.oid, k.oid, d.refobjid) END AS refobjid,
       CASE WHEN k.oid IS NOT NULL THEN 0 ELSE d.refobjsubid END AS refobjsubid
FROM pg_depend d
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.rulename = '_RETURN'
LEFT JOIN (SELECT e.oid, e.adrelid, e.adnum FROM pg_attrdef e
           WHERE (SELECT a.attgenerated <> '' FROM pg_attribute a WHERE a.attrelid = e.adrelid AND a.attnum = e.adnum)
              OR e.adrelid IN (SELECT oid FROM pg_class WHERE relkind = 'v')) g ON d.classid = 'pg_attrdef'::regclass AND g.oid = d.objid
LEFT JOIN pg_constraint ok ON d.classid = 'pg_class'::regclass AND ok.conindid = d.objid AND ok.contype IN ('p', 'u', 'x')
LEFT JOIN (SELECT classid, objid, refclassid, refobjid FROM pg_depend
           WHERE classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) AND deptype IN ('i', 'a')
             AND refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)) om ON om.classid = d.classid AND om.objid = d.objid
LEFT JOIN pg_publication_rel pr ON d.classid = 'pg_publication_rel'::regclass AND pr.oid = d.objid
LEFT JOIN pg_constraint k ON d.refclassid = 'pg_class'::regclass AND k.conindid = d.refobjid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_type y ON d.refclassid = 'pg_type'::regclass AND y.oid = d.refobjid
LEFT JOIN pg_type t ON t.oid = CASE WHEN y.typcategory = 'A' AND y.typelem <> 0 THEN y.typelem ELSE y.oid END
LEFT JOIN pg_range mr ON mr.rngmultitypid = t.oid AND mr.rngtypid <> d.objid
WHERE d.deptype IN ('n', 'a', 'i', 'P', 'S') AND d.objid::int8 >= 16384 AND d.refobjid::int8 >= 2200
  AND NOT (d.classid = 'pg_type'::regclass AND d.deptype = 'i')  -- row types and arrays, which go with what they are of
)
SELECT array_agg(classid) AS classids, array_agg(objid) AS objids, array_agg(objsubid) AS objsubids,
       array_agg(refclassid) AS refclassids, array_agg(refobjid) AS refobjids, array_agg(refobjsubid) AS refobjsubids
FROM known
