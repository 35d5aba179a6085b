"""Answers requests to change the gateway's own settings: what is as it is asked to be succeeds, a change is refused.

A simulated gateway's settings are those of its behaviour, for as long as it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers.clock_and_ids import settings
from harness.gateways.simulator.client import Answer, Client
from harness.wire.catalogue import catalogue
from harness.wire.message import Message

DONE, DONE_TEXT = "success", "Configuration updated"
REFUSED, REFUSED_TEXT = "error", "Validating configuration update request has failed"
"""Status and message, as IBKR documents them; documented are also the names of the fields, with their paths."""

_LOCK_AND_EXIT = "configuration.lockAndExit."
_SETTINGS = "configuration.api.settings."
_PLACES: Mapping[str, str] = {
    "auto_logoff_period": f"{_LOCK_AND_EXIT}autoLogoffPeriod",
    "auto_logoff_time": f"{_LOCK_AND_EXIT}autoLogoffTime",
    "auto_logoff_type": f"{_LOCK_AND_EXIT}autoLogoffType",
    "bulk_data_timeout": f"{_SETTINGS}bulkDataTimeout",
    "creates_message_log": f"{_SETTINGS}createApiMessageLogFile",
    "download_open_orders": f"{_SETTINGS}downloadOpenOrdersOnConnection",
    "historical_data_max_size": f"{_SETTINGS}historicalDataMaxSize",
    "keeps_connection_on_bad_fields": f"{_SETTINGS}maintainConnectionOnIncorrectFields",
    "localhost_only": f"{_SETTINGS}allowLocalhostOnly",
    "master_client_id": f"{_SETTINGS}masterClientId",
    "read_only": f"{_SETTINGS}readOnlyApi",
    "rejects_above_max_rate": f"{_SETTINGS}rejectMessagesAboveMaxRate",
    "reset_api_order_sequence": "configuration.resetAPIOrderSequence",  # inferred
    "resubmits_orders": f"{_SETTINGS}maintainAndResubmitOrdersOnReconnect",
    "sends_lots": f"{_SETTINGS}sendMarketDataInLotsForUsStocks",
    "socket_port": f"{_SETTINGS}socketPort",
    "time_zone": f"{_SETTINGS}sendInstrumentTimezone",
    "trusted_ips": f"{_SETTINGS}trustedIPs",
}


def _update(request: Message, client: Client) -> Iterator[Message]:
    left_alone = catalogue().by_name["update_config"].defaults
    now = {**catalogue().by_name["config"].defaults, **settings(client)}
    told = [name for name in _PLACES if request[name] != left_alone[name]]
    other = [{"field": _PLACES[name]} for name in told if request[name] != now.get(name)]
    status, text = (REFUSED, REFUSED_TEXT) if other else (DONE, DONE_TEXT)
    answer = {"req_id": request["req_id"], "status": status, "message": text, "errors": other}
    yield Message("update_config_response", answer)


ANSWERS: Mapping[str, Answer] = {"update_config": _update}
