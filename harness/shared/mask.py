"""Account numbers are never written in full: results are meant for sharing."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.shared.evidence import CheckRecord

_ACCOUNT = r"(?:D[UFI]|[UFI])[A-Z]?\d{5,9}"
"""How IBKR writes them: live U, F and I, paper with a D before; other known ones are named to the masker."""

_BEGINNING = r"(?:(?<![A-Za-z0-9])|(?<=\\[abfnrtv0])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4}))"
"""No letter or digit before, but for those of an escape: libraries quote what they send as ``b'\\x12\\tDU9000001'``."""

_BYTES = re.compile(r"(?<![0-9a-f])[0-9a-f]{2}(?: [0-9a-f]{2})+(?![0-9a-f])")
"""Bytes in hex, as errors quote what came."""

_NUMBER = re.compile(r"\d{5}")
"""So long a number is in no word: an account that is known and has one is masked in any case, next to any letter."""

_LIST_SHOWN = 20
_TEXT_SHOWN = 2_000
_SHORT = 6


def mask_account(account: str) -> str:
    """``DU9000001`` as ``DU9***01``: enough to tell one's own accounts apart, not enough to use."""
    return f"{account[:3]}***{account[-2:]}" if len(account) > _SHORT else f"{account[:1]}***"


def accounts_in(checks: Iterable[CheckRecord]) -> Iterator[str]:
    """The accounts that a library read when it was ready, whatever they look like."""
    for check in checks:
        accounts = check.detail.get("accounts")
        if check.name == "ready" and isinstance(accounts, (list, tuple)):
            yield from (str(account) for account in accounts)


def _any_of(words: Sequence[str]) -> str:
    """Return a pattern for the longest of these words, sorted, that is there; written so that many are found as fast.

    What they begin with in common is written once: else each place of a text would be tried with all ten thousand.
    """
    begins = [(letter, [word[1:] for word in group]) for letter, group in groupby(words, key=lambda word: word[:1])]
    ends = bool(begins) and not begins[0][0]
    parts = [re.escape(letter) + _any_of(rest) for letter, rest in begins if letter]
    if len(parts) == 1 and not ends:
        return str(parts[0])
    return f"(?:{'|'.join(parts)}){'?' if ends else ''}" if parts else ""


class Masker:
    """Masks the accounts that it is told of, and whatever else looks like one."""

    def __init__(self, accounts: Iterable[str] = ()) -> None:
        known = {account for account in accounts if account}
        numbers = {account for account in known if _NUMBER.search(account)}
        words = "|".join(word for word in (_any_of(sorted(known - numbers)), _ACCOUNT) if word)
        anywhere = rf"(?i:{_any_of(sorted(numbers))})|" if numbers else ""
        self._told: dict[int, tuple[Mapping[str, object], dict[str, object]]] = {}
        self._pattern = re.compile(rf"{anywhere}{_BEGINNING}(?:{words})(?![A-Za-z0-9])")

    def text(self, text: str) -> str:
        """The text with every account masked, also where it is spelt in hex.

        Half of a surrogate pair, which a library may say and no file can hold, is a question mark, as in the journal.
        """
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode("utf-8")
        return self._spelt(_BYTES.sub(self._bytes, text))

    def _spelt(self, text: str) -> str:
        return self._pattern.sub(lambda match: mask_account(match[0]), text)

    def _bytes(self, match: re.Match[str]) -> str:
        return self._spelt(bytes.fromhex(match[0]).decode("latin-1")).encode("latin-1").hex(" ")

    def optional(self, text: str | None) -> str | None:
        """As ``text``, for what may be missing."""
        return None if text is None else self.text(text)

    def data(self, value: object) -> object:
        """JSON data with every account masked, keys too; long lists and texts are cut, the evidence file has all."""
        if isinstance(value, str):
            cut = value if len(value) <= _TEXT_SHOWN else f"{value[:_TEXT_SHOWN]}…"
            return self.text(cut)
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, (list, tuple)):
            shown = [self.data(item) for item in value[:_LIST_SHOWN]]
            more = len(value) - len(shown)
            return [*shown, f"… {more} more in the cell's evidence"] if more else shown
        return value

    def whole(self, value: object) -> object:
        """As ``data``, with nothing cut."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.whole(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.whole(item) for item in value]
        return value

    def mapping(self, value: Mapping[str, object]) -> dict[str, object]:
        """As ``data``, for an object; the same one for the same one, which cells share."""
        _, told = self._told.get(id(value), (value, None))
        if told is None:
            told = {self.text(str(key)): self.data(item) for key, item in value.items()}
            self._told[id(value)] = (value, told)  # kept, so that no other object gets its id
        return told
