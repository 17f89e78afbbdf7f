-- Operators; the commutator and the negator may not exist yet when the operator is made, PostgreSQL waits for them.
SELECT 'pg_operator'::regclass::oid AS classid, o.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       o.oprname AS name,
       coalesce(format_type(nullif(o.oprleft, 0), NULL), 'NONE') || ', ' || coalesce(format_type(nullif(o.oprright, 0), NULL), 'NONE') AS arguments,
       concat_ws(', ',
           'FUNCTION = ' || o.oprcode,
           'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL),
           'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
           (SELECT 'COMMUTATOR = OPERATOR(' || quote_ident(xn.nspname) || '.' || x.oprname || ')'
            FROM pg_operator x JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.oprcom),
           (SELECT 'NEGATOR = OPERATOR(' || quote_ident(xn.nspname) || '.' || x.oprname || ')'
            FROM pg_operator x JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.oprnegate),
           CASE WHEN o.oprcanmerge THEN 'MERGES' END,
           CASE WHEN o.oprcanhash THEN 'HASHES' END) AS parameters,
       nullif(o.oprrest::oid, 0)::regproc::text AS restrict,
       nullif(o.oprjoin::oid, 0)::regproc::text AS join
FROM pg_operator o
JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oprcode::oid <> 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
