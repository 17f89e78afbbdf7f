"""A YAML, JSON or TOML file in; its data, and the line that each key stands in, out."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from ..errors import ProfileError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

Keys: TypeAlias = tuple[str | int, ...]
Lines: TypeAlias = Mapping[Keys, int]
_PLAIN = re.compile(r"[\w$-]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the value that a path of keys leads to."""

    keys: Keys
    text: str

    def where(self, lines: Lines) -> str:
        """Say where it stands: 'line 12, tables.customers.columns.email'."""
        dotted = ".".join(key if _PLAIN.fullmatch(key) else repr(key) for key in map(str, self.keys))
        line = self.line(lines)
        return f"line {line}, {dotted}" if line else dotted

    def line(self, lines: Lines) -> int | None:
        """Give the line of the innermost key of the path that the file holds."""
        return next((lines[self.keys[:end]] for end in range(len(self.keys), 0, -1) if self.keys[:end] in lines), None)


def refuse(source: str, problems: Iterable[Problem], lines: Lines) -> ProfileError:
    """Make the error that tells all problems of a file."""
    ordered = sorted(problems, key=lambda problem: problem.line(lines) or 0)
    told = [": ".join(filter(None, (problem.where(lines), problem.text))) for problem in ordered]
    if len(told) == 1:
        return ProfileError(f"{source}: {told[0]}")
    return ProfileError("\n".join([f"{source} has {len(told)} problems", *(f"  {text}" for text in told)]))


def read(path: Path) -> tuple[Any, Lines]:
    """Read a file as its suffix says."""
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        raise ProfileError(f"{path}: a profile ends in {', '.join(_PARSERS)}, not in {path.suffix!r}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise ProfileError(f"{path}: the sync profile cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ProfileError(f"{path}: the sync profile is not UTF-8 at byte {exc.start}") from exc
    return parse(text, path.name)


def _toml(text: str, source: str) -> tuple[Any, Lines]:
    try:
        return tomllib.loads(text), {}
    except tomllib.TOMLDecodeError as exc:
        raise ProfileError(f"{source}: not valid TOML: {exc}") from exc


def _json(text: str, source: str) -> tuple[Any, Lines]:
    twice: list[Problem] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice.extend(
            Problem((key,), "this key stands here twice") for key in sorted({k for k in keys if keys.count(k) > 1})
        )
        return dict(pairs)

    try:
        data = json.loads(text, object_pairs_hook=collect)
    except json.JSONDecodeError as exc:
        raise ProfileError(f"{source}: line {exc.lineno}, column {exc.colno}: not valid JSON: {exc.msg}") from exc
    if twice:
        raise refuse(source, twice, {})
    return data, {}


def _yaml(text: str, source: str) -> tuple[Any, Lines]:
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return None, {}
        lines: dict[Keys, int] = {}
        problems = list(_walk(root, (), lines, ()))
        if problems:
            raise refuse(source, problems, lines)
        return loader.construct_document(root), lines
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ProfileError(f"{source}: {line}not valid YAML: {exc.problem}") from exc
    except (yaml.YAMLError, ValueError) as exc:  # a character that YAML forbids; a date such as 2024-02-31
        raise ProfileError(f"{source}: not valid YAML: {str(exc).partition(chr(10))[0]}") from exc


def _walk(node: yaml.Node, path: Keys, lines: dict[Keys, int], above: tuple[yaml.Node, ...]) -> Iterator[Problem]:
    """Note the line of every key, and find what the YAML reader itself lets pass."""
    if not isinstance(node, yaml.MappingNode):
        return
    if node in above:
        yield Problem(path, "this alias contains itself")
        return
    for key, value in node.value:
        here: Keys = (*path, str(key.value))
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if here in lines:
            yield Problem(here, f"this key stands here twice, again in line {key.start_mark.line + 1}")
            continue
        lines[here] = key.start_mark.line + 1
        if key.tag != "tag:yaml.org,2002:str":
            yield Problem(here, "YAML does not read this key as text; put it in quotes")
        yield from _walk(value, here, lines, (*above, node))


_PARSERS: dict[str, Callable[[str, str], tuple[Any, Lines]]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
    ".toml": _toml,
}
