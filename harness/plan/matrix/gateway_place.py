"""Where a gateway is that somebody else runs: as its table says, else as the user's surroundings do."""

from __future__ import annotations

from harness.known.local_gateways import known
from harness.plan.matrix.surroundings import LOCAL, surroundings
from harness.plan.matrix.tables import AddressTable
from harness.shared.errors import MatrixError


def placed(entry: AddressTable, where: str) -> AddressTable:
    """Fill in what a table leaves out: host, port, client ids, and the mode that goes with a live port.

    Raises:
        MatrixError: neither the table nor ``IB_PORT`` says a port.
        UsageError: a variable of the surroundings is no number.
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
    """Return ``live`` for a port behind which there is usually real money, whatever the file's default mode is."""
    return next((each.mode for each in known().ports if each.number == port and each.mode == "live"), None)
