"""Guards our code that runs inside a library's calls: log handlers, callbacks and event listeners.

An error of ours there would become an error of the library, or change what it does, and the library would get the
blame. So each of them is `guarded`: its error is recorded as ours, and the library continues as if nobody had listened.
"""

from __future__ import annotations

import logging
import sys
import traceback
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_failures: list[str] = []
"""The failures in this process, which belongs to one cell."""


def take_failures() -> list[str]:
    """Return which of our listeners failed since the last call, and how; empty if none did."""
    taken = list(_failures)
    del _failures[: len(taken)]
    return taken


def guarded(listener: Callable[..., Any]) -> Callable[..., None]:
    """Return a listener that never raises into its caller, and returns nothing; for functions and methods."""

    @wraps(listener)
    def listen(*arguments: Any, **named: Any) -> None:
        try:
            listener(*arguments, **named)
        except Exception as error:  # noqa: BLE001 - ours, on the library's stack
            note_failure(listener.__qualname__, error)

    return listen


def heard_first(listener: Callable[..., None], pass_on: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that first calls a guarded listener, and then the library's own method with the same call."""

    def call(*arguments: Any, **named: Any) -> Any:
        listener(*arguments, **named)
        return pass_on(*arguments, **named)

    return call


def guard_overrides(of: type, base: type) -> None:
    """Guard every public method of ``base`` that the class ``of`` overrides, in any of our classes."""
    for name in dir(base):
        method = getattr(of, name)
        if not name.startswith("_") and method is not getattr(base, name) and callable(method):
            setattr(of, name, guarded(method))


def note_failure(where: str, error: Exception) -> None:
    """Record that our own code failed; its traceback goes to the cell's ``output.txt``."""
    _failures.append(f"{where}: {said_by(error)}")
    try:
        traceback.print_exception(type(error), error, error.__traceback__)
    except Exception:  # noqa: BLE001 - standard error may be gone, too
        sys.exc_info()


def said_by(error: BaseException) -> str:
    """Return an exception's type and message, even if reading its message fails."""
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception as why:  # noqa: BLE001 - the library's own __str__
        return f"{type(error).__name__} (its message raises {type(why).__name__})"


def message_of(record: logging.LogRecord) -> str:
    """Return a record's message, or if it is malformed its template and the error.

    A malformed record raises only if somebody formats it, as we do.
    """
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - a template without fitting arguments, or an argument that cannot be shown
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        return f"{template} (a record that cannot be formatted: {said_by(error)})"


class LogListener(logging.Handler):
    """A handler that gets a library's records from INFO on and never raises into it; subclasses implement `hear`."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)

    @guarded
    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on, with its message."""
        self.hear(record, message_of(record))

    def hear(self, record: logging.LogRecord, message: str) -> None:
        """Hear one record of the library."""
        raise NotImplementedError
