"""Learns from a recording what the gateway is: its version, settings, farms and notices, as tables that can be sent in.

The tables have the keys of ``harness/known/``, of ``behaviour``, and of the simulator's farms and notices. Each says
that it is from a recording, and nothing that belongs to a person is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from harness.gateways.simulator.days.farms import FarmKind, farm_in
from harness.known.gateway_versions import KnownVersion, known_versions
from harness.recordings.exchange import Dialogue
from harness.recordings.origin import Origin
from harness.recordings.recording import Manifest
from harness.shared import desupport_text
from harness.shared.errors import ResultsError
from harness.shared.mask import Masker
from harness.verify.simulation import (
    build_in_notice,
    desupport_in,
    notices_in,
    server_version_of,
    told_settings,
    zone_of,
    zone_told,
)

Table = Mapping[str, Any]

_BUILD = re.compile(r"(\d{1,3}\.\d{1,3})(?:\.\d{1,3}\w{0,2})?")
_FARM = re.compile(r"[a-z]{2,20}(?:\.[a-z]{1,10})?")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/ :-]{0,60}")
_PRODUCTS = frozenset({"gateway", "tws"})
_NOTICES = range(2100, 2200)
_LONGEST = 500

_REMARKS = {Origin.SIMULATED: " It teaches nothing of a real one."}


def learned(manifest: Manifest, dialogues: Sequence[Dialogue]) -> str:
    """Return TOML of all that a recording teaches, with remarks on what it does not.

    Args:
        manifest: what the recording is.
        dialogues: its connections.

    Raises:
        ResultsError: it was not cleaned, so anything may be in it.
    """
    if not manifest.cleaned:
        hint = "Learn from the recording that `ib-compat record` wrote beside it."
        raise ResultsError("the recording was not cleaned, and what is learned is to be sent in", hint=hint)
    origin = manifest.gateway.origin
    what = "" if origin is Origin.REAL else f", of {origin.words}"
    source = {"source": f"recording of {manifest.began.date().isoformat()}{what}"}
    parts = [
        f"# Learned by {_safe(manifest.made_by)} from a {source['source']}.{_REMARKS.get(origin, '')}",
        *_profile(manifest, dialogues, source),
        *_desupport(manifest, dialogues, source),
        *_settings(dialogues, source),
        *_farms(dialogues, source),
        *_notices(dialogues, source),
    ]
    return "\n\n".join(parts) + "\n"


def _profile(manifest: Manifest, dialogues: Sequence[Dialogue], source: Table) -> Iterator[str]:
    highest, measured = server_version_of(dialogues)
    version = _version(manifest, dialogues)
    product = manifest.gateway.product
    if not highest:
        yield "# No client got so far that a server version is known."
    elif not measured:
        yield f"# Its own server version is not known: no client announced more than {highest}, which it speaks."
    elif product not in _PRODUCTS or not version:
        yield f"# Its server version is {highest}; but nobody said which product and version it is."
    else:
        notice = desupport_in(dialogues)
        named = {} if notice is None or not _is_build(notice.version) else {"notice_2172": notice.version}
        known = known_versions().get(f"{product}-{version}")
        evidence = "measured" if manifest.gateway.origin is Origin.REAL else "inferred"
        table = {"product": product, "version": version, "server_version": highest, "evidence": evidence}
        yield f"# For versions.toml. {_so_far(known, highest)}\n{_table('[[profile]]', {**table, **source, **named})}"


def _so_far(known: KnownVersion | None, found: int) -> str:
    if known is None:
        return "This version is not known yet."
    if known.server_version != found:
        return f"Until now it is {known.server_version} ({known.evidence})."
    return f"It is known already ({known.evidence})."


def _version(manifest: Manifest, dialogues: Sequence[Dialogue]) -> str:
    build = _BUILD.fullmatch(manifest.gateway.build)
    return build[1] if build else build_in_notice(dialogues)


def _is_build(text: str) -> bool:
    return re.fullmatch(r"\d{3,5}\.\d{1,3}\w{0,2}", text) is not None


def _desupport(manifest: Manifest, dialogues: Sequence[Dialogue], source: Table) -> Iterator[str]:
    notice = desupport_in(dialogues)
    if notice is None or not _is_build(notice.minimum):
        return
    try:
        day = date.fromisoformat(notice.date)
    except ValueError:
        return
    table = {"day": day, "minimum": notice.minimum, **source, "seen": manifest.began.date()}
    itself = f" The gateway calls itself {notice.version}." if _is_build(notice.version) else ""
    yield f"# For desupport.toml.{itself}\n{_table('[[desupport]]', table)}"


def _settings(dialogues: Sequence[Dialogue], source: Table) -> Iterator[str]:
    zone, told = zone_of(dialogues), told_settings(dialogues)
    named = {"login_zone": zone} if zone else {}
    words = zone_told(dialogues)
    as_told = {"zone": words} if _ZONE.fullmatch(words) else {}
    if named or told:
        yield "\n".join(
            [
                "# Keys of `behaviour` in a matrix file, and of `ib-compat simulate --set`.",
                _table("[settings]", {**as_told, **source}),
                _table("[settings.behaviour]", {**named, **told}),
            ]
        )
    elif as_told:
        yield _table("[settings]", {**as_told, **source})


def _farms(dialogues: Sequence[Dialogue], source: Table) -> Iterator[str]:
    found: dict[str, FarmKind] = {}
    for code, text in notices_in(dialogues):
        farm = _farm_in(code, text)
        if farm is not None:
            found.setdefault(farm[1], farm[0])
    yield from (_table("[[farm]]", {"name": name, "kind": kind.value, **source}) for name, kind in found.items())


def _farm_in(code: int, text: str) -> tuple[FarmKind, str] | None:
    farm = farm_in(code, text)
    return farm if farm is not None and _FARM.fullmatch(farm[1]) else None


def _notices(dialogues: Sequence[Dialogue], source: Table) -> Iterator[str]:
    """Yield the notices that say something else than that a farm is as it may be."""
    told = (each for each in notices_in(dialogues) if each[0] in _NOTICES and each[0] != desupport_text.CODE)
    found = dict.fromkeys((code, _safe(text)) for code, text in told if _farm_in(code, text) is None)
    yield from (_table("[[notice]]", {"code": code, "text": text, **source}) for code, text in found)


_MASK = Masker()


def _safe(text: str) -> str:
    """Return a text of which no line end, no account and no end of a string is left."""
    shown = "".join(each if each.isprintable() else " " for each in text)[:_LONGEST]
    return _MASK.text(shown)


def _table(name: str, values: Table) -> str:
    return "\n".join([name, *(f"{key} = {_toml(value)}" for key, value in values.items())])


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | date():
            return str(value)
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
