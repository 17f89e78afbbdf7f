-- Text search configurations, with the dictionaries of each token type.
SELECT 'pg_ts_config'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.cfgname AS name,
       (SELECT quote_ident(pn.nspname) || '.' || quote_ident(p.prsname) FROM pg_ts_parser p JOIN pg_namespace pn ON pn.oid = p.prsnamespace
        WHERE p.oid = c.cfgparser) AS parser,
       (SELECT json_agg(json_build_array(m.alias, m.dictionaries) ORDER BY m.alias)::text
        FROM (SELECT t.alias, string_agg(quote_ident(dn.nspname) || '.' || quote_ident(d.dictname), ', ' ORDER BY m.mapseqno) AS dictionaries
              FROM pg_ts_config_map m
              JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
              JOIN pg_ts_dict d ON d.oid = m.mapdict
              JOIN pg_namespace dn ON dn.oid = d.dictnamespace
              WHERE m.mapcfg = c.oid GROUP BY t.alias) m) AS mappings
FROM pg_ts_config c
JOIN pg_namespace n ON n.oid = c.cfgnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
