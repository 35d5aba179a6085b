r"""Says what looks personal in a text, whoever wrote it: accounts, e-mail and IP addresses, users, hosts, amounts.

A gateway or a client can write anything, so none of these takes longer than in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.shared.mask import ACCOUNT, BEGINNING

_ACCOUNT = rf"(?P<account>{BEGINNING}(?i:{ACCOUNT}A?)(?![A-Za-z0-9]))"
_MAIL = r"(?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
_FOUR = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)"
_COLONS = r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"
_IP = rf"(?P<ip>{_FOUR}|{_COLONS})"
_FOLDERS = r"(?i:/home/|[/\\]users[/\\]+|documents and settings\\+)"
_USER = rf"{_FOLDERS}(?P<user>[^\\/:*?\"<>|\s][^\\/:*?\"<>|\r\n]*(?=[\\/])|[^\\/:*?\"<>|\s]+)"

ANYWHERE = re.compile(f"{_MAIL}|{_ACCOUNT}|{_IP}|{_USER}")
"""What is replaced in every text."""

_LABEL = r"(?:[a-z0-9][a-z0-9-]*\.)"
_ENDINGS = "com|net|org|edu|gov|info|biz|io|dev|app|cloud|local|localdomain|lan|home|internal|intranet|corp|private"
_HOST = (
    rf"(?P<host>(?<![\w.-])(?i:{_LABEL}+(?:{_ENDINGS})|{_LABEL}{{2,}}[a-z]{{2}}"
    rf"|{_LABEL}+[a-z]{{2,}}(?=:\d{{2,5}}(?!\d)))(?![\w-]|\.\w))"
)
OF_EVERYBODY = re.compile(r"(?i:(?:.*\.)?(?:ibkr|interactivebrokers)\.[a-z.]+)")
"""Hosts that say nothing of the user."""

_SUSPECT = (
    re.compile(r"[DUFIdufi][A-Za-z]?\d{5}"),
    re.compile(r"\.\d{1,3}\.\d{1,3}\.\d"),
    re.compile(r"::|:[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}:"),
    re.compile(r"(?:[uU][sS][eE][rR][sS]|[hH][oO][mM][eE]|[sS][eE][tT][tT][iI][nN][gG][sS])[\\/]"),
)


def is_suspect(text: str) -> bool:
    """Return whether there may be something of :data:`ANYWHERE` in a text; quick, and never ``False`` if there is."""
    return "@" in text or any(pattern.search(text) for pattern in _SUSPECT)


def in_sentences(currencies: Iterable[str], words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of what is replaced in sentences: also hosts, and amounts.

    Args:
        currencies: codes beside which a number is an amount.
        words: words soon after which it is.
    """
    codes, before = "|".join(currencies), "|".join(words)
    number = r"[+-]?[0-9][0-9,]{0,30}(?:\.[0-9]{1,30})?"
    end = r"(?![\w.,:-]{0,20}[0-9])"
    beside = rf"(?:(?<=[$€£¥])|(?<=\b(?:{codes}))|(?<=\b(?:{codes})\s)){number}{end}"
    named = rf"(?P<named>(?<![\w.,]){number}(?=\s?(?:{codes})\b)|{beside})"
    meant = rf"(?i:\b(?:{before})\b)[A-Za-z :,=(\[]{{1,60}}?(?P<meant>(?<![\w.,]){number}{end})"
    return re.compile(f"{ANYWHERE.pattern}|{_HOST}|{named}|{meant}")
