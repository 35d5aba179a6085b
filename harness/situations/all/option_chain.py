"""A program asks an option chain, and takes its records apart."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask the chain of AAPL, and use it as a tuple, a dictionary and a record."""
    ib = stage.connected()
    contract = stage.stock(ib)
    chains = stage.awaits(
        ib,
        "reqSecDefOptParams()",
        lambda: ib.reqSecDefOptParamsAsync(contract.symbol, "", contract.secType, contract.conId),
        quiet=True,
    )
    chain = chains[0]
    stage.says("the record of a chain", chain.exchange)
    stage.calls("a chain is taken apart: exchange, *rest = chain", lambda: next(iter([*chain])))
    stage.calls("chain[0]", lambda: chain[0])
    stage.calls("chain._asdict()", lambda: sorted(chain._asdict()))
    stage.calls("chain._replace()", lambda: chain._replace(exchange="CBOE").exchange)
    stage.calls("dataclasses.asdict(chain)", lambda: sorted(dataclasses.asdict(chain)))
    stage.calls("hash(chain)", lambda: isinstance(hash(chain), int))
    stage.calls("sorted(chains)", lambda: len(sorted(chains)), quiet=True)
    stage.calls("util.tree(chain)", lambda: type(stage.library.util.tree(chain)).__name__)


def play_ibapi(stage: ClientStage) -> None:
    """Ask for the chain of a stock."""
    app = stage.connected()
    heard = stage.asks(app, "reqSecDefOptParams()", lambda: app.reqSecDefOptParams(1, "AAPL", "", "STK", 265598))
    stage.arguments("chain", heard, "securityDefinitionOptionParameter")


SITUATION = Situation(about=About.CONTRACTS, play=play, ibapi=play_ibapi)
