"""The login that a container gets: from the environment or from files, and out of all that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.gateways.docker.engine_calls import EngineError
from harness.known.images import BootFailure
from harness.shared.mask import Masker

_HIDDEN = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user id and its password; neither shows in its repr."""

    userid: str = field(repr=False)
    password: str = field(repr=False)


def read_login(credential: str, environment: Mapping[str, str]) -> Login:
    """Return the login that a credential names.

    Args:
        credential: ``TWS`` for TWS_USERID or TWS_USERID_FILE, and TWS_PASSWORD or TWS_PASSWORD_FILE.
        environment: of this process.

    Raises:
        EngineError: a part is missing, given twice, or its file cannot be read.
    """
    return Login(
        userid=_read(f"{credential}_USERID", environment), password=_read(f"{credential}_PASSWORD", environment)
    )


def _read(name: str, environment: Mapping[str, str]) -> str:
    value, file = environment.get(name), environment.get(f"{name}_FILE")
    if value and file:
        raise _unusable(f"both {name} and {name}_FILE are set", f"Unset one of {name} and {name}_FILE.")
    if file:
        value = _first_line(name, Path(file))
    if not value:
        raise _unusable(
            f"{name if not file else f'the file that {name}_FILE names'} is {'empty' if file else 'not set'}",
            f"Set {name}, or {name}_FILE to the path of a file that holds it, in the environment of this command.",
        )
    if "\n" in value or "\0" in value:
        raise _unusable(f"{name} has more than one line", "A login has one line each.")
    return value


def _first_line(name: str, file: Path) -> str:
    try:
        return file.expanduser().read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise _unusable(f"the file that {name}_FILE names cannot be read: {reason}", "Give its path.") from None


def _unusable(message: str, hint: str) -> EngineError:
    return EngineError(message, hint=hint, code=BootFailure.NO_CREDENTIAL)


class Redactor:
    """Takes the login out of a text, and masks account numbers.

    Args:
        login: what must not be shown; IBKR takes a user id in upper and in lower case.
    """

    def __init__(self, login: Login) -> None:
        parts = sorted({login.userid, login.password}, key=len, reverse=True)
        words = (f"(?i:{re.escape(part)})" if part == login.userid else re.escape(part) for part in parts)
        self._secret = re.compile("|".join(words))
        self._accounts = Masker()

    def text(self, text: str) -> str:
        """Return the text as it may be shown and kept."""
        return self._accounts.text(self._secret.sub(_HIDDEN, text))
