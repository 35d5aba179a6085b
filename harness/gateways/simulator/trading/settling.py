"""Closes holdings whose contract has ended.

All are settled in cash, at what the contract was worth at its last moment, without an execution: how a paper account
does so is not published, and a real one takes or delivers what many contracts are on. So this is ours.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from harness.gateways.simulator.today import day_of
from harness.gateways.simulator.trading import watchers
from harness.gateways.simulator.trading.order import Values

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk


_MINUTE = 60.0

log = logging.getLogger("ib_compat.simulator")


def settle(desk: Desk) -> None:
    """Begin a new day, close what has ended, and tell it to who watches it; once a minute: contracts end with one.

    An error of ours keeps nobody else waiting.
    """
    minute = desk.now() // _MINUTE
    if not desk.prices.moves or minute == desk.settled:
        return
    desk.settled = minute
    desk.ledger.begin_day(f"{day_of(desk.now()):%Y%m%d}")
    for row in list(desk.ledger.positions()):
        _settle_safely(row, desk)


def _settle_safely(row: Values, desk: Desk) -> None:
    try:
        _settle(row, desk)
    except Exception:
        log.exception("holding of %s: the simulator failed", row.get("con_id"))


def _settle(row: Values, desk: Desk) -> None:
    price = desk.prices.settlement(row)
    if price is None:
        return
    account, con_id = str(row["account"]), int(str(row["con_id"]))
    desk.ledger.close(account, row, price, desk.now())
    desk.book.changed()
    for client in desk.clients.values():
        client.outbox.put(watchers.of_fill(client, account, con_id))
