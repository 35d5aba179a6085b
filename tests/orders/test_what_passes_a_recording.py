"""What leaves to a gateway that is recorded: by the bytes that it gets from real libraries, which all send orders."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.run.recording.feed import Feed
from harness.run.recording.guard import Permits
from harness.run.recording.proxy import Proxy
from tests.orders.conftest import FAR_FROM_THE_MARKET, ROWS, Wire
from tests.orders.test_what_leaves_to_addresses import Serve, address, serve  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow

Between = Callable[[int, Permits], tuple[int, Feed]]


@pytest.fixture
def between(loop: asyncio.AbstractEventLoop) -> Iterator[Between]:
    """Give what puts the proxy of a recording before a port; gives its port, and what it tells."""

    def here(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    with contextlib.ExitStack() as ends:

        def start(port: int, permits: Permits) -> tuple[int, Feed]:
            feed = Feed(bytearray().extend, lambda: 0, time.monotonic())
            proxy = Proxy(("127.0.0.1", port), 0, feed, permits)
            here(proxy.__aenter__())
            ends.callback(lambda: here(proxy.__aexit__(None, None, None)))
            return proxy.port, feed

        yield start


def test_no_order_passes_without_permission(run: Any, wire: Wire, serve: Serve, between: Between) -> None:  # noqa: F811
    port, feed = between(serve("paper"), Permits())
    outcome = run(address(port, "paper"), orders=True)
    assert all(cell.negotiated for cell in outcome.outcomes), "a cell that never connected proves nothing"
    assert feed.counts.held >= ROWS
    assert wire.orders() == []


def test_with_permission_all_pass_to_a_paper_account(run: Any, wire: Wire, serve: Serve, between: Between) -> None:  # noqa: F811
    port, feed = between(serve("paper"), Permits(orders=True))
    run(address(port, "paper"), orders=True)
    assert sorted(wire.orders()) == sorted(FAR_FROM_THE_MARKET * ROWS)
    assert feed.counts.held == 0
    assert wire.left_working() == []
