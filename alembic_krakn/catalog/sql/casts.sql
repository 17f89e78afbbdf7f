-- Casts: 'i' implicit, 'a' in assignments, 'e' only where they are written.
SELECT format_type(castsource, NULL) AS source, format_type(casttarget, NULL) AS target, castcontext::text AS context
FROM pg_cast
