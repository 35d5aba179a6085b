"""The rules of what need not be equal: each is of something that exists, says why, and is what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
import tomllib
from hypothesis import given
from hypothesis import strategies as st

from harness.verify.comparing import VERSION_REPLY
from harness.verify.rules import START, UNASKED, rules
from harness.verify.shapes import Shape, reduced
from harness.wire.catalogue import Field, catalogue
from harness.wire.message import Sender

DOCUMENT: dict[str, Any] = tomllib.loads((resources.files("harness.verify") / "rules.toml").read_text("utf-8"))
TABLES = [*DOCUMENT["alike"], *DOCUMENT["rows"]]
TOLD = {kind.name: kind for kind in catalogue().by_name.values() if kind.sender is Sender.GATEWAY}
ASKED = {kind.name for kind in catalogue().by_name.values() if kind.sender is Sender.CLIENT}


def paths(fields: tuple[Field, ...], before: str = "") -> Iterator[str]:
    for field in fields:
        if field.const is None:
            yield before + field.name
            yield from paths(field.items, f"{before}{field.name}.")


PATHS = {f"{name}.{path}" for name, kind in TOLD.items() for path in paths(kind.fields)}
PATHS |= {f"{VERSION_REPLY}.server_version", f"{VERSION_REPLY}.connection_time"}
ANYWHERE = {f"*.{path.partition('.')[2]}" for path in PATHS}


def test_every_rule_says_why() -> None:
    assert all(table["because"] for table in TABLES)


def test_every_rule_is_of_fields_messages_and_requests_that_exist() -> None:
    fields = {name for table in DOCUMENT["alike"] for name in table["fields"]}
    assert fields - PATHS - ANYWHERE == set()
    for table in DOCUMENT["rows"]:
        assert set(table["messages"]) <= TOLD.keys()
        assert all(f"{name}.{field}" in PATHS for name in table["messages"] for field in table.get("by", ()))
    assert {name for table in TABLES for name in table.get("of", ())} - {START, UNASKED} <= ASKED


def test_nothing_is_said_twice() -> None:
    alike = [(of, name) for table in DOCUMENT["alike"] for of in table.get("of", "*") for name in table["fields"]]
    rows = [(of, name) for table in DOCUMENT["rows"] for of in table.get("of", "*") for name in table["messages"]]
    assert [key for key, times in Counter([*alike, *rows]).items() if times > 1] == []


def test_a_rule_of_one_message_or_request_goes_before_that_of_all() -> None:
    assert rules().shape_of("start", "error", "text") is Shape.FARM
    assert rules().shape_of("req_positions", "error", "text") is None
    assert rules().shape_of("place_order", "error", "text") is Shape.FORM
    assert rules().shape_of("req_positions", "position", "account") is Shape.ACCOUNT
    assert rules().rows_of("place_order", "open_order").by == ("status",)
    assert rules().rows_of("req_open_orders", "open_order").own


@pytest.mark.parametrize(
    ("shape", "one", "other", "alike"),
    [
        (Shape.NUMBER, "12.5", "-3e7", True),
        (Shape.NUMBER, 1, 2.5, True),
        (Shape.NUMBER, "12.5", "", False),
        (Shape.NUMBER, 1.0, None, False),
        (Shape.NUMBER, "INDIVIDUAL", "CORPORATION", False),
        (Shape.NUMBER, "INDIVIDUAL", "INDIVIDUAL", True),
        (Shape.NUMBER, True, 1.5, False),
        (Shape.MOMENT, "20261127 15:30:00 US/Eastern", "20250102 09:05:09 US/Eastern", True),
        (Shape.MOMENT, "20261127 15:30:00 US/Eastern", "20250102 09:05:09 UTC", False),
        (Shape.MOMENT, "20261127 15:30:00", "20261127-15:30:00", False),
        (Shape.FORM, "701.28;1;1348075471534;true", "5;100;1795206660000;true", True),
        (Shape.FORM, "701.28;1;true", "701.28;1", False),
        (Shape.CLOCK, "20261127 15:30:00 UTC", "20250102 09:05:09 Eastern Standard Time", True),
        (Shape.CLOCK, "20261127 15:30:00 UTC", "2026-11-27 15:30:00 UTC", False),
        (Shape.TEXT, "0000e0d5.01", "abc", True),
        (Shape.TEXT, "abc", "", False),
        (Shape.FARM, "farm connection is OK:usfarm", "farm connection is OK:eufarm", True),
        (Shape.FARM, "available upon demand.usfarm", "available upon demand.cashfarm", True),
        (Shape.FARM, "farm connection is OK:usfarm", "farm connection is broken:usfarm", False),
    ],
)
def test_a_shape_is_that_of_values_that_may_differ(shape: Shape, one: Any, other: Any, *, alike: bool) -> None:
    assert (reduced(shape, one) == reduced(shape, other)) is alike


@given(shape=st.sampled_from(Shape), value=st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()))
def test_every_value_has_a_shape(shape: Shape, value: Any) -> None:
    hash(reduced(shape, value))
