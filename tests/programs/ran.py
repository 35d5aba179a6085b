"""Makes runs of a program of which only what a test is about is known."""

from __future__ import annotations

from collections.abc import Mapping

from harness.programs.asked import Asked, Connection, Notice, Outcome, Request
from harness.programs.program import End, Ran
from harness.wire.message import Value


def request(name: str, outcome: Outcome = Outcome.ANSWERED, *, at: float = 1.0, **values: Value) -> Request:
    return Request(at=at, name=name, meaning=(name, frozenset(_hashable(values).items())), outcome=outcome)


def _hashable(values: Mapping[str, Value]) -> dict[str, str | float]:
    return {name: value for name, value in values.items() if isinstance(value, str | float)}


def ran(
    *requests: Request,
    code: int = 0,
    output: str = "",
    settled: str | None = None,
    spoke: int = 178,
    ended_at: float | None = None,
    notices: tuple[Notice, ...] = (),
    client_id: int = 7,
) -> Ran:
    connection = Connection(
        speaks=(157, 178), server_version=spoke, client_id=client_id, ready=True, requests=requests, notices=notices
    )
    return Ran(
        side="gateway-10.37",
        end=End(code=code, seconds=ended_at or 1.0, by_us=ended_at is not None),
        asked=Asked(connections=(connection,) if spoke else ()),
        output=output,
        settled=output if settled is None else settled,
        settled_at=None if ended_at is None else ended_at - 1,
    )
