-- Text search dictionaries.
SELECT 'pg_ts_dict'::regclass::oid AS classid, d.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       d.dictname AS name,
       (SELECT quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname)
        FROM pg_ts_template t JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate) AS template,
       d.dictinitoption AS options
FROM pg_ts_dict d
JOIN pg_namespace n ON n.oid = d.dictnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
