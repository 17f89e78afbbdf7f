-- Publications; what each of them publishes is a part of it. Columns that an older server's catalog lacks are found
-- in `missing` instead, as a name without a table goes to the innermost one that has it.
SELECT 'pg_publication'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       p.pubname AS name,
       p.puballtables AS all_tables,
       concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
           CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS operations,
       p.pubviaroot AS via_root,
       coalesce(to_jsonb(p) ->> 'pubgencols' = 's', false) AS generated_columns,  -- PostgreSQL 18
       (SELECT json_agg(json_build_object('schema', n.nspname, 'table', c.relname, 'columns', r.columns, 'predicate', r.predicate)
                   ORDER BY n.nspname, c.relname)::text
        FROM (SELECT NULL::int2vector AS prattrs, NULL::pg_node_tree AS prqual) missing,
             LATERAL (SELECT prrelid, prpubid, pg_get_expr(prqual, prrelid) AS predicate,
                             (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
                              WHERE a.attrelid = prrelid AND a.attnum = ANY (prattrs::int2[])) AS columns
                      FROM pg_publication_rel) r
        JOIN pg_class c ON c.oid = r.prrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.prpubid = p.oid) AS tables,
       (SELECT array_agg(n.nspname::text ORDER BY n.nspname)  -- PostgreSQL 15; pg_depend tells it to every version
        FROM pg_depend d
        JOIN pg_depend s ON s.classid = d.classid AND s.objid = d.objid AND s.refclassid = 'pg_namespace'::regclass
        JOIN pg_namespace n ON n.oid = s.refobjid
        WHERE d.classid = to_regclass('pg_catalog.pg_publication_namespace')
          AND d.refclassid = 'pg_publication'::regclass AND d.refobjid = p.oid) AS schemas
FROM pg_publication p
