-- Aggregate functions, as the parameters of CREATE AGGREGATE.
SELECT 'pg_proc'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       p.proname AS name,
       (SELECT CASE WHEN a.aggkind = 'n' THEN coalesce(string_agg(said, ', ' ORDER BY n), '*')
               ELSE concat_ws(' ', string_agg(said, ', ' ORDER BY n) FILTER (WHERE n <= a.aggnumdirectargs), 'ORDER BY ' || coalesce(
                   string_agg(said, ', ' ORDER BY n) FILTER (WHERE n > a.aggnumdirectargs), (array_agg(said ORDER BY n DESC))[1])) END
        FROM (SELECT n, CASE WHEN p.proargmodes[n::int] = 'v' THEN 'VARIADIC ' ELSE '' END || format_type(t, NULL) AS said
              FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY u (t, n)) arguments) AS arguments,
       CASE WHEN a.aggkind = 'n' AND p.pronargs = 0 THEN '*' ELSE pg_get_function_identity_arguments(p.oid) END AS signature,
       concat_ws(E',\n    ',
           'SFUNC = ' || a.aggtransfn,
           'STYPE = ' || format_type(a.aggtranstype, NULL),
           'SSPACE = ' || nullif(a.aggtransspace, 0),
           'FINALFUNC = ' || nullif(a.aggfinalfn::oid, 0)::regproc,
           CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
           CASE WHEN a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN 'FINALFUNC_MODIFY = '
               || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
           'COMBINEFUNC = ' || nullif(a.aggcombinefn::oid, 0)::regproc,
           'SERIALFUNC = ' || nullif(a.aggserialfn::oid, 0)::regproc,
           'DESERIALFUNC = ' || nullif(a.aggdeserialfn::oid, 0)::regproc,
           'INITCOND = ' || quote_literal(a.agginitval),
           'MSFUNC = ' || nullif(a.aggmtransfn::oid, 0)::regproc,
           'MINVFUNC = ' || nullif(a.aggminvtransfn::oid, 0)::regproc,
           'MSTYPE = ' || format_type(nullif(a.aggmtranstype, 0), NULL),
           'MSSPACE = ' || nullif(a.aggmtransspace, 0),
           'MFINALFUNC = ' || nullif(a.aggmfinalfn::oid, 0)::regproc,
           CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
           CASE WHEN a.aggmtransfn::oid <> 0 AND a.aggmfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN
               'MFINALFUNC_MODIFY = '
               || CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
           'MINITCOND = ' || quote_literal(a.aggminitval),
           (SELECT 'SORTOP = OPERATOR(' || quote_ident(on_.nspname) || '.' || o.oprname || ')'
            FROM pg_operator o JOIN pg_namespace on_ ON on_.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
           CASE WHEN p.proparallel <> 'u' THEN 'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' ELSE 'RESTRICTED' END END,
           CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END) AS parameters,
       a.aggkind::text AS sort,
       pg_get_function_result(p.oid) AS returns
FROM pg_aggregate a
JOIN pg_proc p ON p.oid = a.aggfnoid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
