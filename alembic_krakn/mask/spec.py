"""How a person writes a mask: `nullify`, `hash`, `{fake: email}` or `{call: "module:function"}`, as checked values."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from .suggest import nearest

_DOMAIN = (
    "Name of a group of columns in which equal values get equal masks. Without it, all columns with the same kind of"
    " mask are one group; with it, only those that name the same one."
)


class _Mask(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class HashMask(_Mask):
    """A keyed hash whose values are linked only inside a domain: `{hash: true, domain: customer}`."""

    hash: Literal[True] = Field(description="Always true; without a domain write `mask: hash`.")
    domain: str = Field(min_length=1, description=_DOMAIN)


class FakeMask(_Mask):
    """A realistic value out of a pool, always the same for the same original: `{fake: email}`."""

    fake: str = Field(
        min_length=1,
        description="A provider of Faker, such as first_name, last_name, name, email, phone_number, street_address.",
        examples=["email", "first_name", "last_name", "name", "phone_number", "street_address", "company"],
    )
    locale: str = Field(default="en_US", description="The locale of the values, such as de_DE.", examples=["de_DE"])
    domain: str | None = Field(default=None, min_length=1, description=_DOMAIN)

    @property
    def group(self) -> str:
        """Name the group of columns in which equal values become equal."""
        return self.domain or self.fake


class CallMask(_Mask):
    """A function of your own: it takes a polars Series of text and returns one of the same length."""

    call: str = Field(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="Where the function is: module:function, such as shop.masks:scrub_notes.",
        examples=["shop.masks:scrub_notes"],
    )


KINDS: dict[str, type[_Mask]] = {"hash": HashMask, "fake": FakeMask, "call": CallMask}


def _kind(value: Any) -> str | None:
    """Tell which spelling a value uses, so that its problems are told in the words of that one alone."""
    if isinstance(value, _Mask):
        return next(kind for kind, model in KINDS.items() if isinstance(value, model))
    if isinstance(value, dict):
        return next((kind for kind in KINDS if kind in value), None)
    return "name" if value in ("nullify", "hash") else None


def _recognise(value: Any) -> Any:
    """Let pass what is one kind of mask, and say what else it might have been."""
    kinds = sorted(KINDS.keys() & value.keys()) if isinstance(value, dict) else []
    if len(kinds) > 1:
        raise PydanticCustomError("mask", "names masks of two kinds, {kinds}; keep one", {"kinds": " and ".join(kinds)})
    if _kind(value) is not None:
        return value
    written = str(next(iter(value), "")) if isinstance(value, dict) else str(value)
    raise PydanticCustomError(
        "mask",
        "{written} is no mask that krakn knows; write {spellings}{hint}",
        {
            "written": repr(written),
            "hint": nearest(written, ["nullify", *KINDS]),
            "spellings": 'nullify, hash, {fake: email} or {call: "module:function"}',
        },
    )


MaskSpec: TypeAlias = Annotated[
    Annotated[Literal["nullify", "hash"], Tag("name")]
    | Annotated[HashMask, Tag("hash")]
    | Annotated[FakeMask, Tag("fake")]
    | Annotated[CallMask, Tag("call")],
    Discriminator(_kind),
    BeforeValidator(_recognise),
]
