"""The mask key: a secret out of the environment in, a subkey for each domain of values out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import SettingsError

VARIABLE = "KRAKN_MASK_KEY"
HOW_TO_MAKE_ONE = (
    f"put a secret into {VARIABLE} and keep it, as another key gives other masked values;"
    ' make one with: python -c "import secrets; print(secrets.token_hex(32))"'
)
_LEAST_BYTES = 16
_LEAST_DISTINCT = 8  # of 32 random hex digits, one key in 25 million has fewer
_HEX = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class MaskKey:
    """The secret that every masked value depends on; it shows only its fingerprint."""

    secret: bytes = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> MaskKey:
        """Read the key from KRAKN_MASK_KEY: hex digits, base64 or any other text, as it is written."""
        text = environ.get(VARIABLE, "").strip()
        if not text:
            raise SettingsError(f"no mask key was found; {HOW_TO_MAKE_ONE}")
        # A hex digit carries half a byte; any other text is counted by its bytes.
        size = len(text) // 2 if _HEX.issuperset(text) else len(text.encode())
        if size < _LEAST_BYTES:
            raise SettingsError(f"{VARIABLE} holds {size} bytes, at least {_LEAST_BYTES} are needed; {HOW_TO_MAKE_ONE}")
        if len(set(text)) < _LEAST_DISTINCT:
            raise SettingsError(
                f"{VARIABLE} repeats {len(set(text))} characters, which is easy to guess; {HOW_TO_MAKE_ONE}"
            )
        return cls(text.encode())

    def subkey(self, domain: str) -> bytes:
        """Derive the key of one domain; nothing links the values of two domains."""
        return hmac.digest(self.secret, b"krakn-mask-v1|" + domain.encode(), "sha256")

    @property
    def fingerprint(self) -> str:
        """Give 8 hex digits that tell two keys apart in a report."""
        return hmac.digest(self.secret, b"fingerprint", "sha256").hex()[:8]


def key_needed(what: str) -> SettingsError:
    """Make the error for a keyed mask without a key."""
    return SettingsError(f"{what} needs a mask key, and {VARIABLE} is not set; {HOW_TO_MAKE_ONE}")
