"""Drives IBKR's own client, under whatever distribution name; importing this module imports the library.

Facts from reading 9.81.1, 10.19.4, 10.30.1, 10.37.2, 10.45.1 and 10.51.1; nothing here asks for a version.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import ibapi
from ibapi import errors, server_versions

from adapters.base import ProtocolRange
from adapters.ibapi_connect import connect
from adapters.ibapi_connection import IbapiConnection

if TYPE_CHECKING:
    from adapters.base import Connection, Endpoint, Observer


class IbapiAdapter:
    """IBKR's client: callbacks on a thread that its user has to bring."""

    logger_names: tuple[str, ...] = ("ibapi",)

    dropped_codes: frozenset[int] = frozenset(
        pair.code() for pair in (errors.UNKNOWN_ID, errors.BAD_LENGTH, errors.BAD_MESSAGE)
    )
    """The decoder reports these itself, for a message that it cannot read; they are never on the wire."""

    def module_version(self) -> str | None:
        """Give the version that the library says of itself."""
        version: str | None = getattr(ibapi, "__version__", None)
        return version

    def version_range(self) -> ProtocolRange:
        """Give the range that ``EClient.connect`` puts into its hello."""
        return ProtocolRange(server_versions.MIN_CLIENT_VER, server_versions.MAX_CLIENT_VER)

    def renew(self) -> None:
        """Nothing: the library keeps no state between clients."""

    def swallowed(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is an error; our wrapper keeps the gateway's messages out of the log."""
        return record.levelno >= logging.ERROR

    def connect(
        self, endpoint: Endpoint, timeout: float, observer: Observer, *, until_closed: bool = False
    ) -> Connection:
        """Connect with ``EClient.connect`` and ``run`` on a thread; see `adapters.ibapi_connect`.

        The library notices at once when the gateway closes a connect, so ``until_closed`` changes nothing.
        """
        del until_closed
        return IbapiConnection(connect(endpoint, timeout, observer))


def create() -> IbapiAdapter:
    """Give the adapter of the installed ibapi."""
    return IbapiAdapter()
