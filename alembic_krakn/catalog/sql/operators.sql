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
       nullif(o.oprjoin::oid, 0)::regproc::text AS join,
       (SELECT array_agg(quote_ident(xn.nspname) || '.' || x.oprname || ' (' || coalesce(format_type(nullif(x.oprleft, 0), NULL), 'NONE')
                   || ', ' || coalesce(format_type(nullif(x.oprright, 0), NULL), 'NONE') || ')' ORDER BY x.oprname)
        FROM pg_operator x JOIN pg_namespace xn ON xn.oid = x.oprnamespace
        WHERE x.oprcode::oid = 0 AND x.oid IN (o.oprcom, o.oprnegate) AND x.oid <> o.oid
          AND NOT EXISTS (SELECT FROM pg_operator other
                          WHERE other.oid <> o.oid AND other.oprcode::oid <> 0 AND x.oid IN (other.oprcom, other.oprnegate))) AS shells
FROM pg_operator o
JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oprcode::oid <> 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
