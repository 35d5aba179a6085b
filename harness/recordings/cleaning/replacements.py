"""Replaces personal values: the same one by the same in every message of every connection of a recording."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from fractions import Fraction

from harness.recordings.cleaning import amounts, shapes
from harness.recordings.cleaning.known_words import KnownWords, Span, replaced
from harness.recordings.cleaning.rules import rules
from harness.shared.mask import ACCOUNT

_ACCOUNT = re.compile(rf"(?i:{ACCOUNT})(A?)")
_LIKE_ACCOUNT = re.compile(r"([A-Za-z]{1,3})([0-9]{4,12})(A?)")
_EXECUTION = re.compile(r"([0-9A-Za-z+-]+\.[0-9A-Za-z]+)((?:\.[0-9]+)*)")
_LONGEST_NUMBER = 19
_LONG = 6
"""Characters of a word that is no symbol, exchange or currency."""
_HARDWARE = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
_ADDRESSES = ipaddress.IPv4Address("198.18.0.0")
"""The first of 131,072 addresses for tests of equipment, which nobody has."""
EVERYBODY = frozenset({"All", "*"})
"""The group of all accounts, and every account in a family of codes."""


class Replacements:
    """What has been replaced by what.

    Args:
        factor: what amounts are multiplied by.
        hidden: words to replace in sentences, such as the name of this machine and of its user; long ones in every
            text, as ``root`` is a share, too.
    """

    def __init__(self, factor: Fraction, hidden: Iterable[str] = ()) -> None:
        self.factor = factor
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._known = KnownWords()
        self._hidden = KnownWords()
        self._hidden_words: list[str] = []
        self._in_sentences = shapes.in_sentences(rules().currencies, rules().amount_words)
        for word in hidden:
            self._hide(word.lower())

    def _hide(self, word: str) -> None:
        if word in rules().of_any_machine:
            return
        given = self.name(word, "hidden")
        if len(word) >= _LONG:
            self._hidden.add(word, given)
            self._hidden_words.append(word)
        if "." in word:
            self._hide(word.partition(".")[0])

    def account(self, value: str) -> str:
        """Return another account of the same form; several of one advisor, which end in A, like that one."""
        if not value.strip() or value in EVERYBODY or _is_number(value):
            return self.number(value)
        found = _LIKE_ACCOUNT.fullmatch(value)
        letters, digits, end = (found[1].upper(), len(found[2]), found[3]) if found else ("U", 7, "")
        base = value[: len(value) - len(end)].upper()
        return self._given_to(base, "account", lambda count: f"{letters}{9 * 10 ** (digits - 1) + count}") + end

    def accounts(self, value: str) -> str:
        """Return accounts with commas between and perhaps after them."""
        return ",".join(self.account(account) for account in value.split(","))

    def name(self, value: str, label: str, keep: Collection[str] = frozenset()) -> str:
        """Return the label with a number; what looks like an account, or is a number, remains one."""
        if not value.strip() or value in keep or _is_number(value):
            return self.number(value)
        if _ACCOUNT.fullmatch(value):
            return self.account(value)
        return self._given_to(value, label, lambda count: f"{label}{count}")

    def number(self, value: str) -> str:
        """Return a number of as many digits; zero, and what is none, tells nothing and stays."""
        if not _is_number(value) or not int(value):
            return value
        return self._given_to(value, "number", lambda count: str(10 ** (len(value) - 1) + count))

    def execution(self, value: str) -> str:
        """Return another id of an execution; the parts at its end, which tell revisions and legs, stay."""
        found = _EXECUTION.fullmatch(value)
        if found is None:
            return self.name(value, "Execution")
        return self._given_to(found[1], "execution", lambda count: f"0000e000.{count:08x}") + found[2]

    def host(self, value: str) -> str:
        """Return another name or address, with the port of the real one if it has one."""
        name, colon, port = value.rpartition(":")
        if not colon or not port.isdecimal() or ":" in name:
            name, colon, port = value, "", ""
        return self._host(name) + colon + port

    def sentence(self, value: str) -> str:
        """Return a text without what is known to be personal, and without what looks like it."""
        return self._cleaned(value, self._in_sentences, (self._known,))

    def impersonal(self, value: str) -> str:
        """Return a text that should have nothing personal, without what looks personal all the same."""
        return self._cleaned(value, shapes.ANYWHERE, (self._hidden,))

    def suspects(self, text: str) -> bool:
        """Return whether :meth:`impersonal` may change a text; quick."""
        return shapes.is_suspect(text) or (bool(self._hidden_words) and self._has_hidden(text.lower()))

    def _has_hidden(self, text: str) -> bool:
        return any(word in text for word in self._hidden_words)

    def amount(self, value: str) -> str:
        """Return an amount times the factor; any other text as it is."""
        return amounts.scaled(value, self.factor)

    def account_value(self, key: str, value: str) -> str:
        """Return the value that an account has under a key, by what the key means."""
        plain = key if key in rules().kept_keys else key.rpartition("-")[0] or key
        if not value or value.lower() in {"true", "false"}:
            return value
        if plain in rules().account_keys:
            return self.name(value, "Group", EVERYBODY)
        if plain in rules().kept_keys:
            return self.impersonal(value)
        return self.amount(value) if amounts.is_number(value) else self.name(value, "Value")

    def _host(self, value: str) -> str:
        if not value.strip() or _is_number(value) or shapes.OF_EVERYBODY.fullmatch(value):
            return self.number(value)
        if _address(value) is not None:
            return self._address(value)
        return self._given_to(value.lower(), "host", lambda count: f"host{count}.example")

    def _address(self, value: str) -> str:
        if _HARDWARE.fullmatch(value):
            return self._given_to(value.lower(), "hardware", _hardware)
        address = _address(value)
        if address is None or address.is_loopback or address.is_unspecified:
            return value  # a time has colons, too
        return self._given_to(value.lower(), "address", lambda count: str(_ADDRESSES + count))

    def _grouped(self, value: str) -> str:
        """Return an amount in a sentence, which may have commas between its thousands."""
        whole, point, decimals = self.amount(value.replace(",", "")).partition(".")
        return f"{int(whole):,}{point}{decimals}" if "," in value else whole + point + decimals

    def _by_shape(self, shape: str | None, value: str) -> str:
        match shape:
            case "mail":
                return self._given_to(value.lower(), "mail", lambda count: f"person{count}@mail.example")
            case "account":
                return self.account(value)
            case "ip":
                return self._address(value)
            case "user":
                return self.name(value, "user")
            case "host":
                return self._host(value)
            case _:
                return self._grouped(value)

    def _given_to(self, value: str, counted: str, make: Callable[[int], str]) -> str:
        given = self._given.get(value)
        if given is None:
            given = self._new(counted, make)
            self._given[value] = given
            self._known.add(value, given)
        return given

    def _new(self, counted: str, make: Callable[[int], str]) -> str:
        """Return the next replacement that nothing else has."""
        while True:
            self._counts[counted] += 1
            made = make(self._counts[counted])
            if made not in self._taken:
                self._taken.add(made)
                return made

    def _cleaned(self, text: str, pattern: re.Pattern[str], known: tuple[KnownWords, ...]) -> str:
        spans = [span for words in known for span in words.find(text)]
        for found in pattern.finditer(text):
            shape = found.lastgroup or ""
            spans.append(Span(*found.span(shape), self._by_shape(shape, found[shape])))
        return replaced(text, spans) if spans else text


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_NUMBER


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _hardware(count: int) -> str:
    return ":".join(f"{byte:02x}" for byte in (2 << 40 | count).to_bytes(6))
