"""The block of PL/pgSQL that tries rows, with places for names and values; see `landing` for what it is about."""

from __future__ import annotations

# A value may also name what is not there, as those of regclass do, or ask a function for it: `lang::regconfig`.
# The last three are what types and functions of extensions and of other languages say of a value, hstore's before 16.
_REFUSAL = (
    "data_exception OR integrity_constraint_violation OR undefined_table OR undefined_function OR undefined_object"
    " OR undefined_column OR invalid_schema_name OR ambiguous_function OR invalid_name OR syntax_error"
    " OR feature_not_supported OR internal_error OR program_limit_exceeded OR external_routine_exception"
)

COLUMN = """
        BEGIN
          DECLARE krakn_value {type} := {value};
          BEGIN
            krakn_row := krakn_row || pg_catalog.jsonb_build_object({name}, pg_catalog.to_jsonb(krakn_value));
          EXCEPTION WHEN <refusal> THEN  -- json takes what jsonb does not; other types have casts of their own to it
            krakn_row := krakn_row || pg_catalog.jsonb_build_object({name}, {text});
          END;
        EXCEPTION WHEN <refusal> THEN
          IF krakn_unfit IS NULL THEN
            krakn_unfit := {name};
          ELSIF {all} THEN
            GET STACKED DIAGNOSTICS krakn_other = RETURNED_SQLSTATE, krakn_owner = CONSTRAINT_NAME;
            INSERT INTO {misfit}
            VALUES (NULL, krakn_at, krakn_other, nullif(krakn_owner, ''), NULL, {name}, NULL);
          END IF;
          krakn_row := krakn_row || pg_catalog.jsonb_build_object({name}, {text});
        END;""".replace("<refusal>", _REFUSAL)
COMPUTED = """
        IF krakn_unfit IS NULL AND krakn_state NOT IN ('23502', '23505', '23P01') THEN
          BEGIN
            DECLARE krakn_value {type} := (SELECT {expression} FROM (SELECT {row}) AS {table});
            BEGIN
              NULL;  -- to compute it is all
            END;
          EXCEPTION WHEN <refusal> THEN
            krakn_unfit := {name};
          END;
        END IF;""".replace("<refusal>", _REFUSAL)
FAILING = """
        IF krakn_unfit IS NULL AND krakn_broken = '' AND krakn_state NOT LIKE '23%' THEN
          BEGIN
            PERFORM {check} FROM (SELECT {row}) AS {table};
          EXCEPTION WHEN <refusal> THEN
            krakn_broken := {name};
          END;
        END IF;""".replace("<refusal>", _REFUSAL)
NULL = """
        IF {text} IS NULL AND krakn_empty IS DISTINCT FROM {name} THEN
          INSERT INTO {misfit} VALUES (NULL, krakn_at, '23502', NULL, {name}, NULL, NULL);
        END IF;"""
CHECK = """
        BEGIN
          IF krakn_broken IS DISTINCT FROM {name} AND (SELECT ({check}) IS FALSE FROM (SELECT {row}) AS {table}) THEN
            INSERT INTO {misfit} VALUES (NULL, krakn_at, '23514', {name}, NULL, NULL, {owner});
          END IF;
        EXCEPTION WHEN <refusal> THEN
          NULL;  -- of a value that does not fit nothing more can be said
        END;""".replace("<refusal>", _REFUSAL)
BODY = """
#variable_conflict use_column
DECLARE
  krakn_at int8 := 1;
  krakn_many int8 := {block};
  krakn_end int8;
  krakn_one {landing}%ROWTYPE;
  krakn_row jsonb;
  krakn_state text;
  krakn_broken text;
  krakn_empty text;
  krakn_unfit text;
  krakn_home text;
  krakn_table text;
  krakn_owner text;
  krakn_other text;
BEGIN
  SELECT pg_catalog.max(krakn_nth) INTO krakn_end FROM {landing};
  WHILE krakn_at <= krakn_end LOOP
    BEGIN
      INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE
      SELECT {values} FROM {landing}
      WHERE krakn_nth >= krakn_at AND krakn_nth < krakn_at + krakn_many ORDER BY krakn_nth;
      krakn_at := krakn_at + krakn_many;
      krakn_many := least(krakn_many * 2, {most});
    EXCEPTION WHEN <refusal> THEN
      IF krakn_many > 1 THEN
        krakn_many := krakn_many / 4;
        IF krakn_many < 1 THEN krakn_many := 1; END IF;
      ELSE
        GET STACKED DIAGNOSTICS krakn_state = RETURNED_SQLSTATE, krakn_broken = CONSTRAINT_NAME,
          krakn_empty = COLUMN_NAME, krakn_home = SCHEMA_NAME, krakn_table = TABLE_NAME;
        SELECT * INTO krakn_one FROM {landing} WHERE krakn_nth = krakn_at;
        krakn_unfit := NULL;
        krakn_row := '{{}}';
{each}
        IF krakn_unfit IS NULL AND krakn_broken = '' AND krakn_state !~ '^2[23]' THEN
          RAISE;  -- it is not a value that asks for what is not there
        END IF;
        INSERT INTO {misfit} VALUES (krakn_row, krakn_at, krakn_state, nullif(krakn_broken, ''),
          nullif(krakn_empty, ''), krakn_unfit, ARRAY[krakn_home, krakn_table]);
{more}
        krakn_at := krakn_at + 1;
      END IF;
    END;
  END LOOP;
END
""".replace("<refusal>", _REFUSAL)

__all__ = ["BODY", "CHECK", "COLUMN", "COMPUTED", "FAILING", "NULL"]
