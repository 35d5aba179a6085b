"""Answers requests to display groups and holdings of a model; refuses those that no account here may make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers import limits
from harness.gateways.simulator.answers.accounts import held
from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.contracts import no_such_contract
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import no_such_account, not_valid, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.trading.echo import fitted
from harness.gateways.simulator.trading.watchers import single_profit
from harness.wire.message import Message

NO_ADVISOR_CAUSE = "FA data operations ignored for non FA customers."
"""As captured at 200 and 225."""
FA_PROTOBUF_SINCE = 211
NO_ID_AS_PROTOBUF, NO_ID_AS_TEXT = 0, 2147483647
"""The request id of a refused FA request, which has none: captured at 225, and in users' logs from 2022 on."""

NO_NEWS_FEED = 10276
NO_NEWS_FEED_TEXT = "News feed is not allowed."
"""As captured at 225: without a subscription to events."""

NO_FUNDAMENTALS = 430
NO_FUNDAMENTALS_TEXT = "The fundamentals data for the security specified is not available."
"""As captured at 200, where a report that is none has a reason after it."""
REPORTS = frozenset({"ReportSnapshot", "ReportsFinSummary", "ReportsOwnership", "RESC", "CalendarReport"})
FUNDAMENTALS_GONE = 10358
FUNDAMENTALS_GONE_TEXT = "Fundamentals data is not allowed"
FUNDAMENTALS_UNTIL = (10, 47)
"""The version of the application that removed them (IBKR's release notes); code and text from a user's log."""

NO_POSITION = 2150
NO_POSITION_TEXT = "Invalid position trade derived value"

NO_CONTRACT_SHOWN = "none"


def _query_groups(request: Message, _client: Client) -> Iterator[Message]:
    yield Message("display_group_list", {"req_id": request["req_id"], "groups": "|".join(map(str, limits.GROUPS))})


def _subscribe_to_group(request: Message, client: Client) -> Iterator[Message]:
    refuse(limits.of_groups(request, client))
    client.display_groups[request.number("req_id")] = request.number("group_id")
    yield Message("display_group_updated", {"req_id": request["req_id"], "contract_info": NO_CONTRACT_SHOWN})


def _update_group(request: Message, client: Client) -> Iterator[Message]:
    """Tell every subscription of the group; that one without a subscription is silent is inferred."""
    refuse(limits.of_contract_info(request, client))
    group = client.display_groups.get(request.number("req_id"))
    for req_id, subscribed in client.display_groups.items():
        if subscribed == group:
            info = request["contract_info"]
            yield Message("display_group_updated", {"req_id": req_id, "contract_info": info})


def _leave_group(request: Message, client: Client) -> Iterator[Message]:
    client.display_groups.pop(request.number("req_id"), None)
    return iter(())


def _positions_multi(request: Message, client: Client) -> Iterator[Message]:
    """Yield the holdings of an account; no account here has a model, so that a model holds nothing."""
    req_id, account = request.number("req_id"), request.text("account")
    if account not in {"", *client.truth.accounts}:
        yield no_such_account(request, client)
        return
    if not request["model_code"]:
        client.watched.multi_positions[req_id] = account or client.truth.accounts[0]
        client.desk.wake()
    for row in held(client):
        if row["account"] == (account or client.truth.accounts[0]) and not request["model_code"]:
            yield fitted("position_multi", {**row, "req_id": req_id})
    yield Message("position_multi_end", {"req_id": req_id})


def _pnl_single(request: Message, client: Client) -> Iterator[Message]:
    """Yield what a holding has made; without one a notice first, as captured. That the day's is zero is inferred."""
    req_id, account = request.number("req_id"), request.text("account")
    if account not in client.truth.accounts:
        yield no_such_account(request, client)
        return
    con_id = request.number("con_id")
    client.watched.single_profits[req_id] = account, con_id
    client.desk.wake()
    single = single_profit(client, account, con_id)
    client.watched.is_news(("pnl single", req_id), single)
    if single is not None:
        yield Message("pnl_single", {"req_id": req_id, **single})
        return
    yield error(NO_POSITION, NO_POSITION_TEXT, req_id)
    yield Message("pnl_single", {"req_id": req_id, "position": "0", "daily_pnl": 0.0})


def _cancel_pnl_single(request: Message, client: Client) -> Iterator[Message]:
    client.watched.single_profits.pop(request.number("req_id"), None)
    return iter(())


def _cancel_positions_multi(request: Message, client: Client) -> Iterator[Message]:
    client.watched.multi_positions.pop(request.number("req_id"), None)
    return iter(())


def _no_advisor(request: Message, client: Client) -> Iterator[Message]:
    no_id = NO_ID_AS_PROTOBUF if client.server_version >= FA_PROTOBUF_SINCE else NO_ID_AS_TEXT
    replaces = request.name == "replace_fa"
    yield not_valid(request, client, NO_ADVISOR_CAUSE, None if replaces else no_id)


def _no_news_feed(request: Message, _client: Client) -> Iterator[Message]:
    yield error(NO_NEWS_FEED, NO_NEWS_FEED_TEXT, request.number("req_id"))


def _no_fundamentals(request: Message, client: Client) -> Iterator[Message]:
    req_id = request.number("req_id")
    if client.application >= FUNDAMENTALS_UNTIL:
        yield error(FUNDAMENTALS_GONE, FUNDAMENTALS_GONE_TEXT, req_id)
    elif client.truth.contract_of(request.text("symbol"), request.number("con_id")) is None:
        yield no_such_contract(request)
    else:
        reason = "" if request["report_type"] in REPORTS else "Missing reportType"
        yield error(NO_FUNDAMENTALS, NO_FUNDAMENTALS_TEXT + reason, req_id)


_SILENT = (
    *("cancel_fundamental_data", "cancel_wsh_event_data", "cancel_wsh_meta_data"),
    *("verify_and_auth_message", "verify_and_auth_request", "verify_message", "verify_request"),  # seen in no recording
)

ANSWERS: Mapping[str, Answer] = {
    "cancel_pnl_single": _cancel_pnl_single,
    "cancel_positions_multi": _cancel_positions_multi,
    "query_display_groups": _query_groups,
    "replace_fa": _no_advisor,
    "req_fa": _no_advisor,
    "req_fundamental_data": _no_fundamentals,
    "req_pnl_single": _pnl_single,
    "req_positions_multi": _positions_multi,
    "req_wsh_event_data": _no_news_feed,
    "req_wsh_meta_data": _no_news_feed,
    "subscribe_to_group_events": _subscribe_to_group,
    "unsubscribe_from_group_events": _leave_group,
    "update_display_group": _update_group,
    **dict.fromkeys(_SILENT, nothing),
}
