"""Where the libraries keep the fields of a contract; other messages have one inside."""

from __future__ import annotations

from tests.wire.against import camel

CONTRACT = {
    **{name: camel(name) for name in ("con_id", "symbol", "sec_type", "strike", "right", "multiplier", "exchange")},
    **{name: camel(name) for name in ("primary_exchange", "currency", "local_symbol", "trading_class", "combo_legs")},
    "delta_neutral_contract": "deltaNeutralContract",
    "last_trade_date": "lastTradeDateOrContractMonth",
    "combo_legs_description": "comboLegsDescrip",
    "delta_neutral_contract_con_id": "deltaNeutralContract.conId",
    "delta_neutral_contract_delta": "deltaNeutralContract.delta",
    "delta_neutral_contract_price": "deltaNeutralContract.price",
}


def of_contract(name: str) -> str:
    """Return the attribute of a contract that holds our field."""
    return CONTRACT.get(name, "")
