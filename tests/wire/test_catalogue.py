"""The catalogue of messages holds together."""

from __future__ import annotations

from harness.wire.catalogue import NEVER, Field, Kind, MessageType, catalogue
from harness.wire.message import Sender
from harness.wire.overflow_index import NUMBERS

UNANSWERED = frozenset(
    {
        *("cancel_news_bulletins", "cancel_positions", "req_global_cancel", "set_server_log_level", "start_api"),
        *("req_auto_open_orders", "req_market_data_type"),
    }
)
"""Requests without a number that a Gateway takes in silence, or answers with what is about orders and the session."""

UNKNOWN_ANSWERS = frozenset(
    {"req_fa", "verify_request", "verify_message", "verify_and_auth_request", "verify_and_auth_message"}
)
"""Those whose answers the catalogue does not have."""


def test_the_catalogue_is_consistent() -> None:
    assert len(catalogue().by_id) == len(catalogue().by_name)
    for kind in catalogue().by_name.values():
        paths = [path for field in kind.fields for path in wire_paths(field)]
        assert len(paths) == len(set(paths)), kind.name
        seen: set[str] = set()
        for field in kind.fields:
            assert (field.const is None) is bool(field.name)
            assert field.when is None or field.when in seen, f"{kind.name}.{field.name} depends on a later field"
            assert 0 <= field.since < field.until <= NEVER
            assert field.escaped_since == NEVER or field.kind is Kind.STR
            assert (field.kind is Kind.LIST) is bool(field.items)
            assert len(field.items) <= 1 or any(item.path for item in field.items) is bool(field.path)
            assert field.const is None or not field.path
            seen.add(field.name)


def wire_paths(field: Field) -> list[tuple[int, ...]]:
    """Return where a field is as protobuf; for a list, where its items' fields are."""
    if not field.path:
        return []
    return [field.path + item.path for item in field.items] or [field.path]


def requests() -> list[MessageType]:
    return [kind for kind in catalogue().by_name.values() if kind.sender is Sender.CLIENT]


def test_of_each_request_without_a_number_it_is_known_what_answers_it() -> None:
    without = [kind for kind in requests() if not any(field.name in NUMBERS for field in kind.fields)]
    told = {kind.name for kind in without if kind.answers}
    assert told == {kind.name for kind in without} - UNANSWERED - UNKNOWN_ANSWERS
    assert all({end.name for end in kind.ends} <= kind.answers for kind in without if kind.answers)


def test_requests_name_messages_of_the_other_side_as_their_answers_and_requests_that_they_cancel() -> None:
    by_name = catalogue().by_name
    named = {name for kind in requests() for name in (*kind.answers, *(end.name for end in kind.ends))}
    assert {by_name[name].sender for name in named} == {Sender.GATEWAY}
    for kind in requests():
        assert kind.name.startswith("cancel_") <= (kind.cancels is not None), kind.name
        assert kind.cancels is None or by_name[kind.cancels].sender is Sender.CLIENT
