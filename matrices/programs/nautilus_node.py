"""A trading node of nautilus_trader: an instrument, its quotes, and a limit order that is accepted and cancelled."""

import os

from nautilus_trader.adapters.interactive_brokers.common import IBContract
from nautilus_trader.adapters.interactive_brokers.config import (
    IBMarketDataTypeEnum,
    InteractiveBrokersDataClientConfig,
    InteractiveBrokersExecClientConfig,
    InteractiveBrokersInstrumentProviderConfig,
)
from nautilus_trader.adapters.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from nautilus_trader.config import LoggingConfig, RoutingConfig, StrategyConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderAccepted, OrderCanceled
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

APPLE = InstrumentId.from_str("AAPL.NASDAQ")


class OneOrder(Strategy):
    """Places a limit order far from the market with the first quote, and cancels it once it is accepted."""

    def on_start(self) -> None:
        """Ask for quotes."""
        self.subscribe_quote_ticks(APPLE)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Place the order, if there is none."""
        if not self.cache.orders(strategy_id=self.id):
            instrument = self.cache.instrument(APPLE)
            price, one = instrument.make_price(float(tick.bid_price) * 0.9), instrument.make_qty(1)
            self.submit_order(self.order_factory.limit(APPLE, OrderSide.BUY, one, price))

    def on_order_accepted(self, event: OrderAccepted) -> None:
        """Cancel it."""
        self.cancel_order(self.cache.order(event.client_order_id))

    def on_order_canceled(self, event: OrderCanceled) -> None:
        """Say so."""
        del event
        print("its order was accepted and cancelled", flush=True)


host, port = os.environ["IB_HOST"], int(os.environ["IB_PORT"])
apple = IBContract(secType="STK", exchange="SMART", primaryExchange="NASDAQ", symbol="AAPL", currency="USD")
provider = InteractiveBrokersInstrumentProviderConfig(load_contracts=frozenset({apple}))
where = {"ibg_host": host, "ibg_port": port, "ibg_client_id": 7, "instrument_provider": provider}
node = TradingNode(
    TradingNodeConfig(
        trader_id="TESTER-001",
        logging=LoggingConfig(log_level="WARNING", log_colors=False),
        data_clients={
            "IB": InteractiveBrokersDataClientConfig(market_data_type=IBMarketDataTypeEnum.DELAYED_FROZEN, **where)
        },
        exec_clients={
            "IB": InteractiveBrokersExecClientConfig(
                account_id=os.environ["ACCOUNT"], routing=RoutingConfig(default=True), **where
            )
        },
    )
)
node.trader.add_strategy(OneOrder(StrategyConfig()))
node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
node.build()
try:
    node.run()
finally:
    node.dispose()
