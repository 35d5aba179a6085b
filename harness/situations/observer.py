"""Says what user code sees: values, fields of records, and what a call returns or raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.situations.played_gateway import HarnessError
from harness.situations.shown import fields_of, masked, shown, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.situations.played_gateway import PlayedGateway

PATIENCE = 30.0
"""Seconds that something which must come is waited for; beyond them the situation is unknown."""

LOOK = 0.005
"""Seconds between two looks at something that must come."""


class Observer:
    """What the stages of all libraries share; each method takes the words by which both versions are compared.

    Args:
        library: the imported package.
        gateway: the simulated gateway.
        observed: takes what was seen: its words, its kind, and its facts.
    """

    def __init__(self, library: Any, gateway: PlayedGateway, observed: Callable[..., None]) -> None:
        self.library = library
        self.gateway = gateway
        self._observed = observed

    def says(self, what: str, value: Any, kind: str = "value") -> None:
        """Observe a value and its type; of the kind ``default`` if nobody has set it."""
        self._observed(what, kind, value=shown(value), type=type_of(value))

    def fields(self, what: str, record: Any, names: Iterable[str] | None = None, kind: str = "value") -> None:
        """Observe the fields of a record, each on its own; those that a version does not have are left out."""
        for name in sorted(names) if names is not None else fields_of(record) or ():
            if hasattr(record, name):
                self.says(f"{what}.{name}", getattr(record, name), kind)

    def calls(self, what: str, action: Callable[[], Any], *, quiet: bool = False) -> Any:
        """Call something and observe what it returns, or raises; returns that, ``None`` after an exception.

        Args:
            what: the words for it.
            action: what is called.
            quiet: say that it returned, and not what.
        """
        try:
            value = action()
        except HarnessError:
            raise
        except Exception as error:  # noqa: BLE001 - a library may raise anything, and that is what is observed
            self._raised(what, error)
            return None
        if quiet:
            self._observed(what, "value", value="returns", type="")
        else:
            self.says(what, value)
        return value

    def _raised(self, what: str, error: BaseException) -> None:
        self._observed(what, "exception", value=masked(str(error)), type=type(error).__name__)
