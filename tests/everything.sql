-- A schema with every kind of object that a schema can have, as people write it; it runs on PostgreSQL 14 to 18
-- without an extension. A section that needs a newer server stands in a block of its own behind a check.

CREATE SCHEMA shop;
CREATE SCHEMA "Ablage Süd";
COMMENT ON SCHEMA shop IS 'What''s sold: 100% :x \n';

-- Types

CREATE TYPE shop.state AS ENUM ('new', 'paid', 'it''s :lost', 'Größe');
CREATE TYPE shop.money AS (amount numeric(12, 2), currency char(3), note text COLLATE "C");
CREATE TYPE shop.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE DOMAIN shop.email AS text COLLATE "C" CHECK (VALUE ~ '^[^@\s]+@[^@\s]+$') CONSTRAINT short CHECK (length(VALUE) < 255);
CREATE DOMAIN shop.positive AS integer DEFAULT 1 NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN shop.one_of AS varchar(9) CHECK (VALUE IN ('a', 'b', 'c'));
CREATE COLLATION shop.bytes FROM "C";
COMMENT ON TYPE shop.state IS 'a "state"';
COMMENT ON DOMAIN shop.email IS E'back\\slash';
COMMENT ON COLUMN shop.money.amount IS 'without tax';

-- Sequences

CREATE SEQUENCE shop.numbers AS integer INCREMENT BY 5 MINVALUE 10 MAXVALUE 100000 START WITH 15 CACHE 3 CYCLE;
CREATE SEQUENCE shop.countdown INCREMENT -1;
COMMENT ON SEQUENCE shop.numbers IS 'order numbers';

-- Functions

CREATE FUNCTION shop.plus(a integer, b integer DEFAULT 1) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT a + b';
CREATE FUNCTION shop.plus(a text, b text) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$SELECT a || ' :x %s \: ' || b$$;
CREATE FUNCTION shop.twice(a integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a * 2;
CREATE FUNCTION shop.many(a integer) RETURNS SETOF integer LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT g.g FROM generate_series(1, a) g(g) WHERE g.g IN (1, 2, 3) ORDER BY 1;
    SELECT CASE WHEN a > 1 THEN a ELSE shop.twice(a) END;
END;
CREATE FUNCTION shop.listed(VARIADIC names text[]) RETURNS TABLE (name text, place bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 7 ROWS 12 SET search_path = pg_catalog, "Ablage Süd" SET work_mem = '8MB' AS $body$
BEGIN
    -- tabs	and trailing spaces   
    RETURN QUERY EXECUTE format($q$ SELECT n, ordinality FROM unnest(%L::text[]) WITH ORDINALITY u(n) $q$, names);
END
$body$;
CREATE FUNCTION shop.parted(INOUT a integer, OUT b text, c shop.state DEFAULT 'new') LANGUAGE plpgsql AS
'BEGIN b := ''\'' || c; END';
CREATE PROCEDURE shop.clean(days integer DEFAULT 7, INOUT done bigint DEFAULT NULL) LANGUAGE plpgsql AS
$$ BEGIN done := days; END $$;
CREATE FUNCTION shop.touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION shop.watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE shop.total(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '0', PARALLEL = safe, COMBINEFUNC = numeric_add);
CREATE AGGREGATE shop.middle(ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = mode_final, FINALFUNC_EXTRA);
CREATE FUNCTION shop.as_text(shop.money) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.amount || $1.currency';
CREATE CAST (shop.money AS text) WITH FUNCTION shop.as_text(shop.money) AS ASSIGNMENT;
CREATE FUNCTION shop.same(shop.money, shop.money) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).amount = ($2).amount';
CREATE OPERATOR shop.=== (FUNCTION = shop.same, LEFTARG = shop.money, RIGHTARG = shop.money, COMMUTATOR = OPERATOR(shop.===), HASHES);
COMMENT ON FUNCTION shop.plus(integer, integer) IS 'adds';
COMMENT ON PROCEDURE shop.clean(integer, bigint) IS 'cleans';
COMMENT ON AGGREGATE shop.total(numeric) IS 'sums';

-- Tables

CREATE TABLE shop.customers (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 3) PRIMARY KEY,
    serial serial NOT NULL,
    email shop.email UNIQUE,
    name varchar(80) NOT NULL DEFAULT 'it''s :x 100%',
    "Größe" numeric(5, 1) CHECK ("Größe" BETWEEN 0 AND 300),
    kind varchar(10) DEFAULT 'a' CHECK (kind IN ('a', 'b')),
    plan char(2) CHECK (plan IN ('x', 'y') OR plan IS NULL),
    tags text[] DEFAULT '{}' NOT NULL,
    data jsonb DEFAULT '{"a": [1, 2]}',
    since timestamptz(3) DEFAULT now(),
    until date DEFAULT 'infinity',
    waited interval DAY TO SECOND(3) DEFAULT '1 day 02:00',
    token uuid DEFAULT gen_random_uuid(),
    upper text COLLATE "POSIX" GENERATED ALWAYS AS (upper(name)) STORED,
    balance shop.money DEFAULT ROW(0, 'EUR', NULL)::shop.money,
    place point,
    bits bit varying(9) DEFAULT B'101',
    net cidr DEFAULT '10.0.0.0/8',
    valid shop.span,
    states shop.state[] DEFAULT ARRAY['new', 'paid']::shop.state[],
    CONSTRAINT "not both" CHECK (num_nonnulls(kind, plan) < 3 AND NOT (kind = ANY ('{q,r}'::text[]))),
    CONSTRAINT adult CHECK (since < now()) NO INHERIT
) WITH (fillfactor = 80, autovacuum_enabled = false, toast.autovacuum_enabled = false);
ALTER TABLE shop.customers ALTER data SET STORAGE EXTERNAL;
ALTER TABLE shop.customers ALTER name SET STATISTICS 500;
ALTER TABLE shop.customers ALTER name SET (n_distinct = -0.5);
ALTER TABLE shop.customers ADD CONSTRAINT later CHECK ("Größe" <> 13) NOT VALID;
ALTER TABLE shop.customers CLUSTER ON customers_pkey;
ALTER TABLE shop.customers REPLICA IDENTITY USING INDEX customers_pkey;
COMMENT ON TABLE shop.customers IS E'two\nlines and a tab\t.';
COMMENT ON COLUMN shop.customers."Größe" IS 'cm';
COMMENT ON CONSTRAINT "not both" ON shop.customers IS 'why';

CREATE TABLE shop.orders (
    id integer DEFAULT nextval('shop.numbers') PRIMARY KEY,
    customer bigint REFERENCES shop.customers ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
    parent integer CONSTRAINT follows REFERENCES shop.orders,
    state shop.state DEFAULT 'new'::shop.state NOT NULL,
    amount shop.positive,
    choice shop.one_of DEFAULT 'a',
    during tstzrange DEFAULT '[2020-01-01 00:00:00+00,)',
    room integer DEFAULT shop.plus(1, 2),
    UNIQUE (customer, room) DEFERRABLE,
    CONSTRAINT alone EXCLUDE USING gist (during WITH &&) WHERE (state <> 'paid'::shop.state),
    CONSTRAINT paired UNIQUE (id, room) INCLUDE (amount) WITH (fillfactor = 70)
);
ALTER SEQUENCE shop.numbers OWNED BY shop.orders.id;
CREATE TABLE shop.lines (a integer, b integer, note text, FOREIGN KEY (a, b) REFERENCES shop.orders (id, room) MATCH FULL ON DELETE RESTRICT);
CREATE TABLE shop.eggs (id integer PRIMARY KEY, hen integer);
CREATE TABLE shop.hens (id integer PRIMARY KEY, egg integer REFERENCES shop.eggs);
ALTER TABLE shop.eggs ADD CONSTRAINT first FOREIGN KEY (hen) REFERENCES shop.hens NOT VALID;
CREATE UNLOGGED TABLE shop.scratch (a integer, "b""c" text);
CREATE TABLE shop.priced OF shop.money (amount WITH OPTIONS NOT NULL DEFAULT 0, UNIQUE (currency));
CREATE TABLE "Ablage Süd"."select" ("order" integer, "a b" text, "x%(y)s:z" text, "ein sehr langer Name für eine Spalte, der 63 Bytes lang wird" text);
CREATE TABLE shop.empty ();

CREATE TABLE shop.animals (id integer NOT NULL, name text DEFAULT 'x', CONSTRAINT named CHECK (name <> ''));
CREATE TABLE shop.dogs (breed text, name text DEFAULT 'Rex') INHERITS (shop.animals);
CREATE TABLE shop.cats (lives integer DEFAULT 9) INHERITS (shop.animals);
CREATE TABLE shop.pets (id integer, owner text);
CREATE TABLE shop.parrots (id integer NOT NULL) INHERITS (shop.animals, shop.pets);

CREATE TABLE shop.events (id bigint NOT NULL, at timestamptz NOT NULL, kind text DEFAULT 'click', n integer CHECK (n > 0),
    PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2024 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE shop.events_2025 PARTITION OF shop.events FOR VALUES FROM ('2025-01-01 00:00+00') TO (MAXVALUE) PARTITION BY LIST (kind);
CREATE TABLE shop.events_2025_click PARTITION OF shop.events_2025 (n DEFAULT 5, kind DEFAULT 'c') FOR VALUES IN ('click', 'it''s') WITH (fillfactor = 60);
CREATE TABLE shop.events_2025_rest PARTITION OF shop.events_2025 DEFAULT;
CREATE TABLE shop.events_old (kind text NOT NULL, n integer CONSTRAINT events_n_check CHECK (n > 0), at timestamptz NOT NULL, id bigint NOT NULL);
ALTER TABLE shop.events ATTACH PARTITION shop.events_old DEFAULT;
CREATE TABLE shop.hashed (a integer, b text, UNIQUE (a, b)) PARTITION BY HASH (a, b);
CREATE TABLE shop.hashed_0 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.hashed_1 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.by_expression (a integer, b text COLLATE "C") PARTITION BY RANGE ((a + 1), lower(b) COLLATE "POSIX" text_pattern_ops);
CREATE TABLE shop.of_events (id bigint, at timestamptz, kind text, FOREIGN KEY (id, at, kind) REFERENCES shop.events);

-- Indexes and statistics

CREATE INDEX customers_name ON shop.customers (lower(name) text_pattern_ops DESC NULLS LAST, id);
CREATE UNIQUE INDEX customers_kind ON shop.customers (kind COLLATE "C", (("Größe" * 2))) INCLUDE (plan) WHERE kind IN ('a', 'b') AND plan IS NOT NULL;
CREATE INDEX customers_data ON shop.customers USING gin (data jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX customers_brin ON shop.customers USING brin (since timestamptz_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 16);
CREATE INDEX customers_place ON shop.customers USING spgist (place);
CREATE INDEX customers_hash ON shop.customers USING hash (token);
CREATE INDEX "customers : 100%" ON shop.customers ((CASE WHEN kind = 'a' THEN 1 ELSE 2 END));
ALTER INDEX shop."customers : 100%" ALTER COLUMN 1 SET STATISTICS 300;
COMMENT ON INDEX shop.customers_name IS 'fast';
CREATE INDEX events_kind ON shop.events (kind, (n + 1));
CREATE INDEX events_n ON ONLY shop.events (n);
CREATE INDEX only_2024 ON shop.events_2024 (n) WHERE n > 5;
CREATE STATISTICS shop.customers_stats (ndistinct, dependencies) ON kind, plan FROM shop.customers;
CREATE STATISTICS shop.customers_more ON (lower(name)), (kind || plan) FROM shop.customers;
ALTER STATISTICS shop.customers_stats SET STATISTICS 50;
COMMENT ON STATISTICS shop.customers_stats IS 'both';

-- Views

CREATE VIEW shop.open AS
    SELECT o.id, c.name, o.state, o.amount * 2 AS twice, c.tags[1] AS tag FROM shop.orders o JOIN shop.customers c ON c.id = o.customer
    WHERE o.state IN ('new', 'paid') AND c.kind IN ('a', 'b') AND c.name LIKE '100\% :x%';
CREATE VIEW shop.counted WITH (security_barrier) AS
    WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5)
    SELECT r.n, count(*) FILTER (WHERE o.id > 0) AS many, sum(count(*)) OVER w AS total,
        array_agg(o.name ORDER BY o.name DESC) AS names
    FROM r LEFT JOIN shop.open o ON o.id = r.n CROSS JOIN LATERAL (SELECT o.id + 1 AS x) l
    GROUP BY GROUPING SETS ((r.n), ()) HAVING max(l.x) IS DISTINCT FROM 3
    WINDOW w AS (PARTITION BY r.n ORDER BY r.n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
CREATE VIEW shop.grouped AS SELECT id, name, kind FROM shop.customers GROUP BY id;
CREATE VIEW shop.whole AS SELECT c, c.id, (c.balance).amount FROM shop.customers c;
CREATE VIEW shop.writable AS SELECT a, "b""c" FROM shop.scratch WHERE a > 0 WITH CASCADED CHECK OPTION;
ALTER VIEW shop.writable ALTER COLUMN a SET DEFAULT 7;
CREATE VIEW shop.every AS
    SELECT * FROM shop.eggs NATURAL JOIN (SELECT id AS hen, egg FROM shop.hens) h
    UNION ALL SELECT * FROM (VALUES (1, 2, 3), (4, 5, 6)) v(a, b, c) EXCEPT SELECT 1, 2, NULL ORDER BY 1 LIMIT 10 OFFSET 1;
CREATE VIEW shop.odd AS
    SELECT extract(year FROM now()) AS y, substring('abc' FROM 2 FOR 1) AS s, position('b' IN 'abc') AS p, trim(BOTH ' ' FROM ' x ') AS t,
        now() AT TIME ZONE 'UTC' AS z, coalesce(NULL, 'a') || 'b' AS c, nullif(1, 2), greatest(1, 2) AS g, ARRAY[1, 2] || 3 AS a,
        (SELECT max(x) FROM generate_series(1, 3) x) AS m, EXISTS (SELECT 1) AS e, 1 = ANY (ARRAY[1, 2]) AS any, current_date AS d,
        CAST('x' AS varchar(5)) AS v, '\x00'::bytea AS b, overlay('abc' PLACING 'x' FROM 1) AS o, 1::bit(3) AS bits, U&'\0441' AS u,
        interval '1 day' AS i, 'a' COLLATE "C" AS col, '{1}'::integer[] @> ARRAY[1] AS has;
COMMENT ON VIEW shop.open IS 'what is open';
COMMENT ON COLUMN shop.open.name IS 'of the customer';
CREATE MATERIALIZED VIEW shop.stored WITH (fillfactor = 90) AS SELECT id, name, twice FROM shop.open WHERE twice > 2;
CREATE UNIQUE INDEX stored_id ON shop.stored (id);
ALTER MATERIALIZED VIEW shop.stored CLUSTER ON stored_id;
ALTER MATERIALIZED VIEW shop.stored ALTER name SET STATISTICS 77;
COMMENT ON MATERIALIZED VIEW shop.stored IS 'kept';
COMMENT ON INDEX shop.stored_id IS 'one';

-- Triggers, rules, policies

CREATE TRIGGER touched BEFORE INSERT OR UPDATE OF name, kind ON shop.customers FOR EACH ROW
    WHEN (NEW.name IS NOT NULL AND NEW.kind IN ('a', 'b')) EXECUTE FUNCTION shop.touched('it''s', ' :x 100%', 'a\b');
CREATE TRIGGER counted AFTER UPDATE ON shop.orders REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION shop.touched();
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON shop.orders FROM shop.customers DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shop.touched();
CREATE TRIGGER instead INSTEAD OF UPDATE ON shop.open FOR EACH ROW EXECUTE FUNCTION shop.touched();
CREATE TRIGGER parts AFTER DELETE ON shop.events FOR EACH ROW EXECUTE FUNCTION shop.touched();
CREATE TRIGGER off BEFORE TRUNCATE ON shop.orders EXECUTE FUNCTION shop.touched();
ALTER TABLE shop.orders DISABLE TRIGGER off;
ALTER TABLE shop.orders ENABLE ALWAYS TRIGGER counted;
COMMENT ON TRIGGER touched ON shop.customers IS 'notes it';
CREATE RULE nothing AS ON DELETE TO shop.open DO INSTEAD NOTHING;
CREATE RULE also AS ON UPDATE TO shop.lines WHERE OLD.a <> NEW.a DO ALSO (INSERT INTO shop.scratch VALUES (NEW.a, 'x'); DELETE FROM shop.scratch WHERE a IN (OLD.a, 2));
COMMENT ON RULE also ON shop.lines IS 'copies';
ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.orders FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.customers FOR SELECT TO pg_monitor, pg_read_all_stats USING (name = current_user AND kind IN ('a', 'b'));
CREATE POLICY fresh ON shop.customers AS RESTRICTIVE FOR INSERT WITH CHECK (since > '2020-01-01'::date OR id IN (SELECT customer FROM shop.orders));
COMMENT ON POLICY own ON shop.customers IS 'theirs';
CREATE EVENT TRIGGER everything_watched ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION shop.watched();
ALTER EVENT TRIGGER everything_watched DISABLE;

-- Text search, publications

CREATE TEXT SEARCH DICTIONARY shop.words (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION shop.searched (COPY = german);
ALTER TEXT SEARCH CONFIGURATION shop.searched ALTER MAPPING FOR word, asciiword WITH shop.words, german_stem;
ALTER TEXT SEARCH CONFIGURATION shop.searched DROP MAPPING FOR url;
CREATE INDEX customers_searched ON shop.customers USING gin (to_tsvector('shop.searched', name));
CREATE PUBLICATION everything_sent FOR TABLE shop.orders, shop.lines WITH (publish = 'insert, update');
CREATE PUBLICATION everything_parted FOR TABLE shop.events WITH (publish_via_partition_root);

-- Foreign data

CREATE FOREIGN DATA WRAPPER everything_wrapped OPTIONS (a 'it''s');
CREATE SERVER everything_far TYPE 't' VERSION '1.2' FOREIGN DATA WRAPPER everything_wrapped OPTIONS (host 'there');
CREATE FOREIGN TABLE shop.far (a integer OPTIONS (column_name 'A') NOT NULL, b text DEFAULT 'x', CHECK (a > 0)) SERVER everything_far OPTIONS (t 'far');

-- Who may do what

GRANT USAGE ON SCHEMA shop TO pg_monitor;
GRANT SELECT, INSERT ON shop.customers TO pg_monitor WITH GRANT OPTION;
GRANT SELECT (id, state), UPDATE (state) ON shop.orders TO PUBLIC;
GRANT SELECT ON shop.open, shop.stored TO PUBLIC;
GRANT SELECT (name) ON shop.open TO pg_monitor WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE shop.countdown TO pg_monitor;
REVOKE ALL ON FUNCTION shop.twice(integer), shop.total(numeric) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE shop.clean(integer, bigint) TO pg_monitor;
REVOKE USAGE ON TYPE shop.state FROM PUBLIC;
GRANT USAGE ON DOMAIN shop.email TO pg_monitor;
REVOKE DELETE ON shop.lines FROM CURRENT_USER;
GRANT USAGE ON FOREIGN SERVER everything_far TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA "Ablage Süd" GRANT USAGE ON SEQUENCES TO pg_monitor WITH GRANT OPTION;
