"""Makes the files that are copied into a container before it starts: the login, readable by one user, and the launcher.

The login comes from the environment or from files, and is kept out of everything that is shown.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import secrets
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from harness.gateways.docker.engine_calls import EngineError
from harness.known.images import BootFailure, ImageProfile
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
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        reason = "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else _reason(error)
        raise _unusable(f"the file that {name}_FILE names cannot be read: {reason}", "Give its path.") from None


def _reason(error: OSError | RuntimeError) -> str:
    """Return why there is no such file: the home of a user who is not there has no other words than these."""
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def _unusable(message: str, hint: str) -> EngineError:
    return EngineError(message, hint=hint, code=BootFailure.NO_CREDENTIAL)


class Redactor:
    """Takes the login out of a text, and masks account numbers.

    Args:
        login: the login that must not be shown; case does not matter in its user id, because IBKR ignores it.
    """

    def __init__(self, login: Login) -> None:
        parts = sorted({login.userid, login.password}, key=len, reverse=True)
        words = (f"(?i:{re.escape(part)})" if part == login.userid else re.escape(part) for part in parts)
        self._secret = re.compile("|".join(words))
        self._accounts = Masker()

    def text(self, text: str) -> str:
        """Return the text in a form that may be shown and kept."""
        return self._accounts.text(self._secret.sub(_HIDDEN, text))


FOLDER = "ib-compat"
"""A path at the root of the container's file system that no image uses."""

START = f"/{FOLDER}/start.sh"
WHO = f"/{FOLDER}/who"
"""Path of the file that proves whose session it is, to those who already know the user id."""

OWNER = f"/{FOLDER}/owner"
"""Path of the file that says which process has taken the container over; labels cannot be changed later."""

_FORMS = {"userid": "userid", "password": "password", "userid-file": "userid", "password-file": "password"}
_ROUNDS = 100_000


def owner_of(user: str, profile: ImageProfile) -> tuple[int, int]:
    """Return the user and group that an image runs as: by its own number, else by the profile's."""
    uid, _, gid = user.partition(":")
    if not uid.isdecimal():
        return profile.uid, profile.gid
    return int(uid), int(gid) if gid.isdecimal() else int(uid)


def path_of(variable: str) -> str:
    """Return the path of the file for an environment variable; each has a file of its own."""
    return f"/{FOLDER}/{variable.lower()}"


def environment(profile: ImageProfile) -> dict[str, str]:
    """Return the variables that point at a file which the image reads itself."""
    return {name: path_of(name) for name, form in profile.secrets.items() if form.endswith("-file")}


def command(profile: ImageProfile, image_command: tuple[str, ...]) -> list[str]:
    """Return the container's command: the start script, which then executes the image's own command."""
    exported = [f"{name}={path_of(name)}" for name, form in profile.secrets.items() if not form.endswith("-file")]
    return ["/bin/sh", START, *exported, "--", *image_command]


def archive(profile: ImageProfile, login: Login, owner: tuple[int, int]) -> bytes:
    """Return the tar archive that is unpacked at the root: a folder that only its owner may enter."""
    values = {"userid": login.userid, "password": login.password}
    files = {
        path_of(name): values[_FORMS[form]].encode(errors="surrogateescape") for name, form in profile.secrets.items()
    }
    files[START] = _start_script()
    files[WHO] = _hashed(login.userid, secrets.token_bytes(16))
    return _tar(files, owner)


def owner_archive(owner: str) -> bytes:
    """Return the tar archive that says who has taken a container."""
    return _packed([], {OWNER: owner.encode()}, (0, 0))


def owner_in(taken: bytes) -> str:
    """Return what the archive of the file OWNER says."""
    return _first(taken).decode("utf-8", "replace")


def _start_script() -> bytes:
    """Return the start script with Unix line ends, even if the checkout has those of Windows."""
    return (resources.files("harness.gateways.docker") / "start.sh").read_bytes().replace(b"\r\n", b"\n")


def is_of(login: Login, taken: bytes) -> bool:
    """Return whether the archive of the file WHO names this login."""
    said = _first(taken)
    salt, _, _ = said.partition(b":")
    return hmac.compare_digest(said, _hashed(login.userid, bytes.fromhex(salt.decode())))


def _first(taken: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(taken)) as tar:
        file = tar.extractfile(tar.getmembers()[0])
        return file.read() if file else b""


def _hashed(userid: str, salt: bytes) -> bytes:
    digest = hashlib.pbkdf2_hmac("sha256", userid.lower().encode(errors="surrogateescape"), salt, _ROUNDS)
    return f"{salt.hex()}:{digest.hex()}".encode()


def _tar(files: Mapping[str, bytes], owner: tuple[int, int]) -> bytes:
    folder = tarfile.TarInfo(FOLDER)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o700
    folder.uid, folder.gid = owner
    return _packed([folder], files, owner)


def _packed(folders: Iterable[tarfile.TarInfo], files: Mapping[str, bytes], owner: tuple[int, int]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for folder in folders:
            tar.addfile(folder)
        for path, content in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o600
            entry.uid, entry.gid = owner
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
