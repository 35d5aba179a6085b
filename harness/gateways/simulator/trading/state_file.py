"""Keeps the orders and accounts of a simulated gateway in a file, which outlives it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from harness.gateways.simulator.trading.desk import Desk
from harness.gateways.simulator.trading.saved import VERSION, Saved, restore, saved
from harness.gateways.simulator.truth import Truth
from harness.shared import bounded_reading, private
from harness.shared.errors import GatewayError, InputError

log = logging.getLogger("ib_compat.simulator")

_HINT = "It was left as it is: move it away, or name another file."
_SHARE, _LONGEST = 10, 5.0
"""Writing takes no more than one part in so many of the time, and waits no longer than so many seconds."""


class StateFile:
    """One file.

    Args:
        file: where; it need not exist.
        desk: what is kept.
        gateway: which gateway it is of, in words; another one's is refused.
        truth_at: returns what the accounts held if they began at a moment, in Unix seconds.
    """

    def __init__(self, file: Path, desk: Desk, gateway: str, truth_at: Callable[[float], Truth]) -> None:
        self._file = file
        self._desk = desk
        self._gateway = gateway
        self._truth_at = truth_at
        self._due: asyncio.TimerHandle | None = None
        self._took = 0.0

    def open(self) -> None:
        """Read it, if there is one, and write it from now on whenever something has changed.

        Raises:
            GatewayError: it cannot be read or written, or is no state of this gateway.
        """
        try:
            document = bounded_reading.read_json(self._file)
        except FileNotFoundError:
            self._write()
        except InputError as error:
            raise GatewayError(str(error), hint=_HINT) from None
        else:
            self._take(document)
        self._desk.book.changed = self._note

    def close(self) -> None:
        """Write what has changed.

        Raises:
            GatewayError: it cannot be written.
        """
        self._desk.book.changed = lambda: None
        if self._due is not None:
            self._due.cancel()
            self._due = None
            self._write()

    def _take(self, document: object) -> None:
        version = document.get("version") if isinstance(document, dict) else None
        if version != VERSION:
            what = "no state of a simulated gateway" if version is None else f"of version {version!r}"
            raise GatewayError(f"{self._file}: is {what}; expected version {VERSION}", hint=_HINT)
        try:
            kept = Saved.model_validate(document)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise GatewayError(f"{self._file}: is broken: {where}: {first['msg']}", hint=_HINT) from None
        if kept.gateway != self._gateway:
            raise GatewayError(f"{self._file}: is of {kept.gateway}, and this is {self._gateway}", hint=_HINT)
        try:
            if kept.began is not None:
                self._desk.begin(self._truth_at(kept.began), kept.began)
            restore(kept, self._desk)
        except (ValueError, TypeError, LookupError) as error:
            raise GatewayError(f"{self._file}: is broken: {type(error).__name__}: {error}", hint=_HINT) from None

    def _note(self) -> None:
        """Write soon: once for all that changes at once."""
        if self._due is None:
            wait = min(self._took * _SHARE, _LONGEST)
            self._due = asyncio.get_running_loop().call_later(wait, self._write_later)

    def _write_later(self) -> None:
        self._due = None
        try:
            self._write()
        except GatewayError as error:
            log.error("%s", error)  # noqa: TRY400 - the sentence says all
            self._due = asyncio.get_running_loop().call_later(_LONGEST, self._write_later)

    def _write(self) -> None:
        began = time.perf_counter()
        target = Path(os.path.realpath(self._file))
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            private.write(partial, json.dumps(saved(self._desk, self._gateway), allow_nan=False).encode())
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise GatewayError(f"{self._file}: the state cannot be written: {error.strerror or error}") from None
        self._took = time.perf_counter() - began
