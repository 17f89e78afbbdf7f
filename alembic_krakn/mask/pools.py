"""The name of a Faker provider and a locale in, a frozen pool of its values out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from functools import cache
from typing import Any

import faker.providers.date_time
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from .suggest import nearest

_SEED = 20_240_501
_SIZE = 1000  # the same person gets the same fake; two persons may share one, as they may share a name
_DRAWS = 3 * _SIZE
_DRY = 500  # draws without a new value, after which a provider has shown all it has
_BYTES = 4_000_000  # some providers make whole files
_building = threading.Lock()


class UnknownProvider(LookupError):
    """Faker has no such provider or locale; the text says which ones come near."""


@cache
def pool(provider: str, locale: str) -> tuple[Any, ...]:
    """Give up to 1000 distinct values, the same ones in the same order in every run."""
    with _building, _stopped_clock():
        return tuple(_draw(_provider(provider, locale)))


def _draw(make: Callable[[], Any]) -> list[Any]:
    """Draw until there are enough values, or the provider runs dry."""
    found: dict[str, Any] = {}
    dry = size = 0
    for _ in range(_DRAWS):
        value = make()
        key = repr(value)
        dry = dry + 1 if key in found else 0
        if not dry:
            found[key] = value
            size += len(key)
        if len(found) == _SIZE or dry == _DRY or size > _BYTES:
            break
    return list(found.values())


def _provider(name: str, locale: str) -> Callable[[], Any]:
    """Find a provider's function in a generator of its own, seeded so that other pools do not move this one."""
    if locale not in AVAILABLE_LOCALES:
        raise UnknownProvider(f"Faker has no locale {locale!r}{nearest(locale, AVAILABLE_LOCALES)}")
    generator = Faker(locale).factories[0]
    generator.seed_instance(_SEED)
    known = {known for known in vars(generator) if not known.startswith("_") and callable(getattr(generator, known))}
    if name not in known:
        raise UnknownProvider(f"Faker has no provider {name!r}{nearest(name, known)}")
    make: Callable[[], Any] = getattr(generator, name)
    return make


class _Kin(type):
    """Take every date for one of ours where Faker asks with isinstance()."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.__base__ or object)


class _Date(date, metaclass=_Kin):
    @classmethod
    def today(cls) -> _Date:
        return cls(2024, 5, 1)


class _DateTime(datetime, metaclass=_Kin):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _DateTime:
        return cls(2024, 5, 1, tzinfo=tz)


@contextmanager
def _stopped_clock() -> Iterator[None]:
    """Stop the clock of Faker's dates: date_of_birth and its like count back from today, and a pool must not."""
    module = faker.providers.date_time
    kept = module.datetime, module.dtdate  # type: ignore[attr-defined]
    module.datetime, module.dtdate = _DateTime, _Date  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module.datetime, module.dtdate = kept  # type: ignore[attr-defined]
