-- Range types, each with its multirange type.
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       t.typname AS name,
       concat_ws(', ',
           'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
           (SELECT 'SUBTYPE_OPCLASS = ' || quote_ident(opn.nspname) || '.' || quote_ident(o.opcname)
            FROM pg_opclass o JOIN pg_namespace opn ON opn.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
           (SELECT 'COLLATION = ' || r.rngcollation::regcollation FROM pg_type s WHERE s.oid = r.rngsubtype AND s.typcollation <> r.rngcollation),
           'CANONICAL = ' || nullif(r.rngcanonical::oid, 0)::regproc,
           'SUBTYPE_DIFF = ' || nullif(r.rngsubdiff::oid, 0)::regproc,
           'MULTIRANGE_TYPE_NAME = ' || format_type(r.rngmultitypid, NULL)) AS parameters
FROM pg_range r
JOIN pg_type t ON t.oid = r.rngtypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
