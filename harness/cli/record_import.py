"""Writes the part file of a recording of what people already have, for ``ib-compat record --import``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from harness.recordings.clean_writing import names_here
from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.imports.importing import Imported, import_sources
from harness.results.import_sources import Found, find_sources
from harness.shared.errors import InputError


def import_places(places: Sequence[Path], part: Path, raw: Path | None, *, port: int | None) -> Imported:
    """Write the part file; if that fails, or there is nothing to be written, no file is left.

    Args:
        places: captures, transcripts, folders of cells or runs.
        part: the part file of what is cleaned.
        raw: the part file of what is not; ``None`` for none.
        port: the gateway's, for captures.

    Raises:
        ResultsError, InputError, UsageError, UnwritableError: as `find_sources` and `import_sources`.
        InputError: nobody spoke the TWS socket API.
    """
    found = find_sources(list(places), port=port)
    gateway = found.gateway
    imported = import_sources(found.sources, Cleaner(hidden=names_here()), part, raw=raw, gateway=gateway)
    if not imported.clients:
        for file in (part, raw):
            if file is not None:
                with suppress(OSError):
                    file.unlink()
        raise _nothing(places, found, port)
    return replace(imported, others=sum(capture.seen.others for capture in found.captures))


def _nothing(places: Sequence[Path], found: Found, port: int | None) -> InputError:
    """Return the error that says why there is nothing to record."""
    links = sorted(link for capture in found.captures for link in capture.seen.links)
    names = ", ".join(map(str, places))
    if links:
        hint = "Capture on the interface of the gateway, such as: tcpdump -i any -w FILE tcp port 4002."
        return InputError(f"{names}: packets of link type {links[0]} cannot be read", hint=hint)
    where = "" if port is None else f" at port {port}"
    why = f"no connection{where} begins with the hello of a client of the TWS socket API"
    hint = "Start the capture before the programs connect: nobody can read a connection without its beginning."
    return InputError(f"{names}: {why}", hint=hint)
