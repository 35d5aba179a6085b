"""Makes what a program with ibapi has: a class that extends ``EWrapper`` and ``EClient``, and keeps what it hears."""

from __future__ import annotations

import importlib
import inspect
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TIME = "currentTime"
_FIRST_ID = "nextValidId"
_NOT_CALLED_BY_A_GATEWAY = frozenset({"logAnswer"})


@dataclass(frozen=True)
class Heard:
    """A callback that came, with its arguments by the names that the version gives them, and the thread it came in."""

    name: str
    values: Mapping[str, Any]
    thread: str


class Ears:
    """Keeps the callbacks of one connection, and its thread that runs the message loop."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.times = 0
        self._next_id = 0
        self._asks: threading.Thread | None = None
        self.thread: threading.Thread | None = None
        self.error: BaseException | None = None
        self._reader: threading.Thread | None = None

    def run(self, app: Any) -> None:
        """Run the message loop in a thread of its own, as programs do."""

        def loop() -> None:
            try:
                app.run()
            except BaseException as error:  # noqa: BLE001 - a library may raise anything, and that is what is observed
                self.error = error

        self._reader = app.reader
        self.thread = threading.Thread(target=loop, name="loop", daemon=True)
        self.thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether the message loop came to its end."""
        return self.thread is not None and not self.thread.is_alive()

    @property
    def has_left(self) -> bool:
        """Whether the library's own thread has ended, too; until then its line and client id may be in use."""
        return self.has_ended and (self._reader is None or not self._reader.is_alive())

    def take(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep a callback; the time is what a script waits with, and no observation."""
        thread = threading.current_thread()
        if name == _TIME:
            self.times += 1
        elif thread is not self._asks:
            if name == _FIRST_ID:
                self._next_id = values["orderId"]
            self.heard.append(Heard(name, values, thread.name))

    def next_id(self) -> int:
        """Return the next id for an order, counted from the one that the gateway told."""
        self._next_id += 1
        return self._next_id - 1

    def ask_time(self, app: Any) -> None:
        """Ask for the time; that the connection has just ended is not to be heard because of that."""
        self._asks = threading.current_thread()
        try:
            app.reqCurrentTime()
        except Exception:  # noqa: BLE001, S110 - the connection has ended, and the program's own callback raised
            pass
        finally:
            self._asks = None


def make_app(own: Mapping[str, Any]) -> tuple[Any, Ears]:
    """Return what a program has, and what keeps what it hears.

    Args:
        own: what of the program is its own: callbacks in place of those that keep what is heard.
    """
    wrapper = importlib.import_module("ibapi.wrapper").EWrapper
    client = importlib.import_module("ibapi.client").EClient
    ears = Ears()
    methods: dict[str, Any] = {
        name: _ear(name, method, ears)
        for name, method in inspect.getmembers(wrapper, inspect.isfunction)
        if not name.startswith("_") and not name.endswith("ProtoBuf") and name not in _NOT_CALLED_BY_A_GATEWAY
    }
    kind: Any = type("App", (wrapper, client), {**methods, **own})
    app = kind.__new__(kind)
    client.__init__(app, app)
    return app, ears


def _ear(name: str, method: Callable[..., Any], ears: Ears) -> Callable[..., None]:
    """Return a callback that takes what the version's own takes, and keeps it by the names of that."""
    signature = inspect.signature(method)

    def hear(self: Any, *arguments: Any, **named: Any) -> None:
        bound = signature.bind(self, *arguments, **named)
        bound.apply_defaults()
        ears.take(name, dict(list(bound.arguments.items())[1:]))

    return hear
