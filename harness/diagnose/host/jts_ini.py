"""What ``jts.ini`` says of API clients, and where it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.diagnose.host.hiding import Hiding
from harness.diagnose.host.processes import Application
from harness.diagnose.host.readable_files import Files
from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import Settings

_TRUTHS = {"true": True, "false": False}


def settings_folders(applications: Iterable[Application], system: str, files: Files) -> tuple[Path, ...]:
    """Folders where a ``jts.ini`` may be: those of the processes first, then the usual ones; each once."""
    own = [folder for each in applications if not each.contained for folder in _folders_of(each, files)]
    usual = files.folders(known().settings.folders.get(system, ()))
    return tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in (*own, *usual)))


def read_settings(folders: Iterable[Path], files: Files, hiding: Hiding) -> tuple[Settings, ...]:
    """Read each ``jts.ini`` of these folders."""
    places = [folder / known().settings.file for folder in folders]
    texts = [(place, files.end(place)) for place in places]
    return tuple(_settings(hiding.path(place), text, hiding) for place, text in texts if text is not None)


def _folders_of(application: Application, files: Files) -> list[Path]:
    """Its working directory and the folders among its arguments, each only if there is a ``jts.ini`` in it."""
    options = known().settings.options
    values = [argument.removeprefix(option) for argument in application.arguments for option in options]
    named = [*([application.folder] if application.folder else []), *map(Path, dict.fromkeys(values))]
    return [path for path in named if path.is_absolute() and files.status(path / known().settings.file)]


def _settings(path: str, text: bytes, hiding: Hiding) -> Settings:
    said, keys = _section(text.decode("utf-8", errors="replace")), known().settings
    trusted = said.get(keys.trusted_ips.lower())
    return Settings(
        path=path,
        api_only=_TRUTHS.get(said.get(keys.api_only.lower(), "").lower()),
        trusted_ips=None
        if trusted is None
        else tuple(hiding.text(each.strip()) for each in trusted.split(",") if each.strip()),
        ports={key: int(said[key.lower()]) for key in keys.ports if said.get(key.lower(), "").isdecimal()},
    )


def _section(text: str) -> Mapping[str, str]:
    """The keys, in lower case, and values of the one section that is read; lines that are neither are passed over."""
    inside, said = False, {}
    for line in map(str.strip, text.lstrip("\ufeff").splitlines()):
        if line.startswith("["):
            inside = line.strip("[]").strip().lower() == known().settings.section
        elif inside and "=" in line:
            key, _, value = line.partition("=")
            said[key.strip().lower()] = value.strip()
    return said
