-- Event triggers.
SELECT 'pg_event_trigger'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       t.evtname AS name,
       concat_ws(' ', 'ON ' || t.evtevent,
           (SELECT 'WHEN TAG IN (' || string_agg(quote_literal(tag), ', ' ORDER BY tag) || ')' FROM unnest(t.evttags) tag),
           'EXECUTE FUNCTION ' || t.evtfoid::regproc || '()') AS definition,
       t.evtenabled::text AS enabled
FROM pg_event_trigger t
