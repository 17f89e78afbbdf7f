-- Foreign-data wrappers; their options are in foreign_options.sql.
SELECT 'pg_foreign_data_wrapper'::regclass::oid AS classid, w.oid AS objid, 0 AS objsubid,
       w.fdwname AS name,
       nullif(w.fdwhandler, 0)::regproc::text AS handler,
       nullif(w.fdwvalidator, 0)::regproc::text AS validator
FROM pg_foreign_data_wrapper w
