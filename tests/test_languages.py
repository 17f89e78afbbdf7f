"""A server that speaks another language than English is understood, and what it says of a value is not passed on."""

from __future__ import annotations

import asyncpg
import pytest
from databases import Databases
from roles import as_role, role

from alembic_krakn.connect import Side, open_test, settle
from alembic_krakn.sync.copy_context import of_a_row, place
from alembic_krakn.sync.problems import refuses_rows
from alembic_krakn.sync.words import Answer

# What PostgreSQL 15 says of row 3 of a table, of a value in its column b.
CONTEXTS = {
    "de": "COPY t 1, Zeile 3, Spalte b: »2, Spalte a: ?«",
    "en": 'COPY t 1, line 3, column b: "2, column a: ?"',
    "es": "COPY t 1, línea 3, columna b: «2, columna a: ?»",
    "fr": "COPY t 1, ligne 3, colonne b : « 2, colonne a : ? »",
    "it": 'COPY t 1, riga 3, colonna b: "2, colonna a: ?"',
    "ja": 't 1のCOPY、行 3、列 b: "2、列 a: ?"',
    "ka": 'COPY t 1, ხაზი 3, სვეტი b: "2, სვეტი a: ?"',
    "ko": 't 1 복사, 3번째 줄, b 열: "2, a 열: ?"',
    "ko, null": "COPY t 1, 3행, b 열: null 입력",
    "ru": 'COPY t 1, строка 3, столбец b: "2, столбец a: ?"',
    "sv": 'COPY t 1, rad 3, kolumn b: "2, kolumn a: ?"',
    "uk": 'COPY t 1, рядок 3, стовпець b: "2, стовпець a: ?"',
    "zh": 'COPY t 1, 第 3 行, 列 b: "2, 列 a: ?"',
}
MESSAGES = {
    "de": "Textsuchekonfiguration »geheim« existiert nicht",
    "en": 'text search configuration "geheim" does not exist',
    "fr": "la configuration de recherche plein texte « geheim » n'existe pas",
    "it": 'la configurazione di ricerca "geheim" non esiste',
    "ja": 'テキスト検索設定"geheim"は存在しません',
    "ru": 'конфигурация текстового поиска "geheim" не существует',
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_the_row_and_the_column_are_found(context: str) -> None:
    assert of_a_row(context)
    assert place(context, "t 1", ["a", "b", "column b", "c"]) == (3, "b")
    assert place(f"PL/pgSQL-Funktion f() Zeile 7\n{context}", "t 1", ["b"]) == (3, "b")
    assert place(context, "t", ["a", "b"]) == (None, None)


def test_a_row_whose_column_is_not_told() -> None:
    assert place("COPY t, Zeile 3: »1\t2, Spalte b: x«", "t", ["a", "b"]) == (3, None)
    assert not of_a_row("PL/pgSQL-Funktion f() Zeile 7 bei SQL-Anweisung")
    assert not of_a_row("COPY t")


def test_a_superuser_is_answered_in_english_and_others_as_the_server_likes(new_database: Databases) -> None:
    url = new_database()
    address = settle(url, Side.TEST)
    with open_test(address) as test:
        assert test.fetch("SHOW lc_messages") == [{"lc_messages": "C"}]
    with role(url) as name, open_test(settle(as_role(url, name), Side.TEST)) as test:
        (shown,) = test.fetch("SELECT setting = reset_val AS untouched FROM pg_settings WHERE name = 'lc_messages'")
        assert shown == {"untouched": True}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_what_a_value_names_is_not_told(message: str) -> None:
    fields = {"C": "42704", "M": message, "W": "COPY t, Zeile 1, Spalte c: »geheim«"}
    exc = asyncpg.PostgresError.new(fields)
    assert refuses_rows(exc)
    assert "geheim" not in Answer.of(exc).words()
