"""A live account that shows while a check places orders ends the sending, and nothing of what was sent is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.base import LiveAccountError
from harness.checks.check import CONNECTS, Check
from tests.checks.played import PLACING, Played, ask


class Refusing(Played):
    """Sends some messages that place or change an order, and refuses the next as the adapters do."""

    def __init__(self, sends: int) -> None:
        super().__init__()
        self.ended_before: set[int] = set()
        self._sends = sends

    def send_order(self, order_id: int, *_: Any) -> None:
        if len(self.sent) == self._sends:
            self.ended_before = set(self.ended)
            raise LiveAccountError("not paper")
        super().send_order(order_id)


@pytest.mark.parametrize("check", PLACING, ids=lambda check: check.name)
def test_what_was_sent_before_is_cancelled_and_named(check: Check) -> None:
    ordinary = Played()
    ask(check, ordinary)
    for sends in range(len(ordinary.sent)):
        refusing = Refusing(sends)
        with pytest.raises(LiveAccountError) as refused:
            ask(check, refusing)
        assert refusing.ended == set(refusing.sent)
        said, *fates = str(refused.value).split("; ")
        assert said == "not paper"
        assert len(fates) == len(refusing.ended - refusing.ended_before)
        assert all(fate.startswith("the order has ended: ") for fate in fates)


class Turning(Played):
    """Shows a live account from the second connection on."""

    def connect(self, *args: Any, **kwargs: Any) -> Played:
        self.accounts = ("U9000001",)
        return super().connect(*args, **kwargs)

    def send_order(self, order_id: int, *_: Any) -> None:
        assert self.accounts == ("DU9000001",)
        super().send_order(order_id)

    def cancel_order(self, order_id: int, *_: Any) -> Any:
        assert self.accounts == ("DU9000001",)
        return super().cancel_order(order_id)


@pytest.mark.parametrize("check", [each for each in PLACING if each.phase in CONNECTS], ids=lambda check: check.name)
def test_nothing_leaves_over_a_further_connection_even_if_the_adapter_would_let_it(check: Check) -> None:
    turning = Turning()
    with pytest.raises(LiveAccountError) as refused:
        ask(check, turning)
    left = set(turning.sent) - turning.ended
    assert [f"order {each} MAY STILL BE WORKING: " in str(refused.value) for each in left] == [True] * len(left)
    assert str(refused.value).count("MAY STILL BE WORKING") == len(left)
