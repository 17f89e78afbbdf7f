-- Collations, as the parameters of CREATE COLLATION. The column that holds an ICU locale was renamed in PostgreSQL 17.
SELECT 'pg_collation'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema,
       c.collname AS name,
       concat_ws(', ',
           'PROVIDER = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
           'LOCALE = ' || quote_literal(coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale',
               CASE WHEN c.collcollate = c.collctype THEN c.collcollate END)),
           CASE WHEN c.collcollate <> c.collctype THEN 'LC_COLLATE = ' || quote_literal(c.collcollate) END,
           CASE WHEN c.collcollate <> c.collctype THEN 'LC_CTYPE = ' || quote_literal(c.collctype) END,
           CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END,
           'RULES = ' || quote_literal(to_jsonb(c) ->> 'collicurules')) AS parameters
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
