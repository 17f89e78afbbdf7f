-- Operators and support functions at the address of the operator class or family that each of them belongs to; on the
-- family that FOR ORDER BY names they depend in another way.
SELECT d.refclassid AS classid, d.refobjid AS objid, 0 AS objsubid,
       json_agg(json_build_object('sort', m.sort, 'number', m.number,
                    'types', format_type(m.lefttype, NULL) || ', ' || format_type(m.righttype, NULL), 'calls', m.name)
                ORDER BY m.sort DESC, m.number, format_type(m.lefttype, NULL), format_type(m.righttype, NULL))::text AS members
FROM (
    SELECT 'pg_amop'::regclass AS classid, o.oid, 'OPERATOR' AS sort, o.amopstrategy AS number,
           o.amoplefttype AS lefttype, o.amoprighttype AS righttype,
           o.amopopr::regoperator || coalesce((SELECT ' FOR ORDER BY ' || quote_ident(n.nspname) || '.' || quote_ident(f.opfname)
                                               FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace
                                               WHERE f.oid = o.amopsortfamily), '') AS name
    FROM pg_amop o
    UNION ALL
    SELECT 'pg_amproc'::regclass, p.oid, 'FUNCTION', p.amprocnum, p.amproclefttype, p.amprocrighttype, p.amproc::regprocedure::text
    FROM pg_amproc p
) m
JOIN pg_depend d ON d.classid = m.classid AND d.objid = m.oid AND d.deptype IN ('i', 'a')
     AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)
WHERE m.oid >= 16384
GROUP BY d.refclassid, d.refobjid
