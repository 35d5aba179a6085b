"""Ground truth of contracts and option chains, and which contracts a request means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.wire.message import Message, Value

Values = Mapping[str, Value]

SMART = "SMART"
_RIGHTS = {"C": "C", "CALL": "C", "P": "P", "PUT": "P"}


def details(document: Mapping[str, Any]) -> tuple[Values, ...]:
    """Return what a Gateway tells of each contract, as ``contract_data`` without its request."""
    return tuple(_details(table, document["contract"][table["contract"]]) for table in document["details"])


def _details(table: Mapping[str, Any], contract: Mapping[str, Any]) -> Values:
    told = {key: value for key, value in table.items() if key != "contract"}
    return {"last_trade": contract.get("last_trade_date", ""), **contract, **told}


def option_chains(document: Mapping[str, Any]) -> tuple[Values, ...]:
    """Return the option chains, as ``sec_def_opt_params`` without its request."""
    return tuple(_chain(table, document["contract"]) for table in document["option_chain"])


def _chain(table: Mapping[str, Any], contracts: Mapping[str, Any]) -> Values:
    return {
        "exchange": table["exchange"],
        "underlying_con_id": contracts[table["underlying"]]["con_id"],
        "trading_class": table["trading_class"],
        "multiplier": table["multiplier"],
        "expirations": tuple({"date": date} for date in table["expirations"]),
        "strikes": tuple({"price": price} for price in table["strikes"]),
    }


def meant(request: Message, known: tuple[Values, ...]) -> Iterator[Values]:
    """Yield the contracts that fit all that a request says; what it leaves empty fits any."""
    return (contract for contract in known if _fits(request, contract))


def _fits(request: Message, contract: Values) -> bool:
    return (
        all(_same(request, contract, key) for key in ("con_id", "symbol", "sec_type", "currency", "local_symbol"))
        and all(_same(request, contract, key) for key in ("trading_class", "multiplier", "strike", "primary_exchange"))
        and str(contract.get("last_trade_date", "")).startswith(request.text("last_trade_date"))
        and _RIGHTS.get(request.text("right"), "") in {"", contract.get("right", "")}
        and request.text("exchange") in {"", contract["exchange"], *str(contract["valid_exchanges"]).split(",")}
        and _has_sec_id(request, contract)
    )


def _same(request: Message, contract: Values, key: str) -> bool:
    return not request[key] or request[key] == contract.get(key)


def _has_sec_id(request: Message, contract: Values) -> bool:
    wanted = {"tag": request.values.get("sec_id_type", ""), "value": request.values.get("sec_id", "")}
    known = contract.get("sec_ids", ())
    return not wanted["value"] or (isinstance(known, list) and wanted in known)
