r"""Text in ASCII: every other character as ``\uXXXX``, one for each UTF-16 unit, as Java writes it.

From server version 153 on every client library undoes such escapes in the long name of a contract, and IBKR's own also
in the text of errors. That a Gateway writes a backslash of the text itself as two is inferred: clients read two as one.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:\\|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")


def escape(text: str) -> str:
    """Return the text in ASCII."""
    doubled = text.replace("\\", "\\\\")
    return doubled if doubled.isascii() else "".join(map(_escape_character, doubled))


def _escape_character(character: str) -> str:
    if character.isascii():
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def unescape(text: str) -> str:
    """Undo escapes; what is none, or is half of a pair, stays as it came."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    first, second, single = found.groups()
    if first is not None:
        return bytes.fromhex(first + second).decode("utf-16-be")
    if single is None:
        return "\\"
    code = int(single, 16)
    return found[0] if 0xD800 <= code <= 0xDFFF or code == 0 else chr(code)  # noqa: PLR2004 - surrogates and NUL
