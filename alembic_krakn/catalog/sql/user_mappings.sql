-- User mappings; their options are in foreign_options.sql. PUBLIC is an empty name, which no role can have.
SELECT 'pg_user_mapping'::regclass::oid AS classid, m.umid AS objid, 0 AS objsubid,
       m.srvname AS server,
       CASE WHEN m.umuser = 0 THEN '' ELSE m.usename END::text AS user
FROM pg_user_mappings m
