"""Reads the environment variables of the user's own programs: ``IB_HOST``, ``IB_PORT`` and ``IB_CLIENT_ID``.

Host and port apply if neither a matrix file nor the command line names them. The client id is one to avoid.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from harness.known.local_gateways import known
from harness.plan.matrix.tables import CLIENT_IDS, AddressTable
from harness.shared.errors import MatrixError, UsageError

LOCAL = "127.0.0.1"
_PAPER_GATEWAY = 4002
_PORTS = range(1, 65_536)
_CLIENT_IDS = range(2**31)
_LOOKS = 100
"""Number of client ids for looks beside a run."""

_NEIGHBOURS = 100
"""How many client ids after the user's are avoided: programs often use the next ones for strategies or reconnects."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is set; ``None`` if it is not."""

    host: str | None = None
    port: int | None = None
    client_id: int | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """The gateway's address, if host or port is set."""
        if self.host is None and self.port is None:
            return None
        return self.host or LOCAL, self.port or _PAPER_GATEWAY

    @property
    def client_ids(self) -> tuple[int, int]:
        """The first and the last client id to use: the usual range, or another one if the user's id is too close.

        ``IB_CLIENT_ID`` is the id of the user's own program. A gateway refuses a second client with the same id.
        """
        first, last = CLIENT_IDS
        if self.client_id is None or not first - _NEIGHBOURS <= self.client_id <= last + _LOOKS + _NEIGHBOURS:
            return CLIENT_IDS
        beyond = self.client_id + _NEIGHBOURS + 1
        return beyond, beyond + last - first

    @property
    def look_ids(self) -> tuple[int, int]:
        """The client ids for the doctor's looks, which may happen during a run: the hundred ids after those."""
        last = self.client_ids[1]
        return last + 1, last + _LOOKS


def surroundings(environ: Mapping[str, str] = os.environ) -> Surroundings:
    """Read the variables; an empty one counts as not set.

    Raises:
        UsageError: one is not a number, or is out of bounds.
    """
    return Surroundings(
        host=environ.get("IB_HOST") or None,
        port=_number(environ, "IB_PORT", _PORTS),
        client_id=_number(environ, "IB_CLIENT_ID", _CLIENT_IDS),
    )


def _number(environ: Mapping[str, str], name: str, bounds: range) -> int | None:
    text = environ.get(name) or None
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) not in bounds:
        raise UsageError(
            f"the environment variable {name} is {text!r}; expected a number from {bounds[0]} to {bounds[-1]}",
            hint=f"Correct {name}, or unset it.",
        )
    return int(text)


def placed(entry: AddressTable, where: str) -> AddressTable:
    """Return a table with host, port, client ids and the mode of a live port filled in, if it lacks them.

    Raises:
        MatrixError: neither the table nor ``IB_PORT`` has a port.
        UsageError: a variable is not a number.
    """
    around = surroundings()
    port = entry.port or around.port
    if port is None:
        raise MatrixError(f"{where}: port: is missing; expected a port here, or in the environment variable IB_PORT")
    return entry.model_copy(
        update={
            "host": entry.host or around.host or LOCAL,
            "port": port,
            "mode": entry.mode or _live(port),
            "client_ids": entry.client_ids or around.client_ids,
        }
    )


def _live(port: int) -> str | None:
    """Return ``live`` for a port that usually has real money behind it, whatever the default mode; else ``None``."""
    return next((each.mode for each in known().ports if each.number == port and each.mode == "live"), None)
