"""Account numbers are masked wherever they stand."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.shared.mask import Detail, Masker, Seconds, Words, mask_account
from tests.conftest import ACCOUNT


@pytest.mark.parametrize(
    ("account", "masked"),
    [("DU9000001", "DU9***01"), ("U1234567", "U12***67"), ("DFH123456", "DFH***56"), ("U123", "U***"), ("", "***")],
)
def test_enough_is_left_to_tell_accounts_apart(account: str, masked: str) -> None:
    assert mask_account(account) == masked


@pytest.mark.parametrize("account", ["DU9000001", "U1234567", "DF123456", "F123456", "I1234567", "DUK123456"])
@pytest.mark.parametrize(
    "text", ["{}", "account {}.", "\n{}\n", "{},{}", '"{}"', "<{}>", "{}\0{}", r"b'\x12\t{}\x00'", r"'\u2014{}'"]
)
def test_what_looks_like_an_account_is_masked(account: str, text: str) -> None:
    masked = Masker().text(text.replace("{}", account))

    assert account not in masked
    assert mask_account(account) in masked


def test_an_account_that_is_spelt_in_hex_is_masked() -> None:
    """Errors quote bytes that came like that."""
    masked = Masker().text(f"not possible at byte 0: {b'user DU9000001!'.hex(' ')}.")

    assert masked == f"not possible at byte 0: {b'user DU9***01!'.hex(' ')}."


@pytest.mark.parametrize(
    "text",
    [
        "server version 178",
        "at byte 3: 41 50 49 3d ff",
        "be ad",
        "US0378331005",
        "gateway-10.45-paper",
        "error 2104",
        "XDU9000001",
        "DU9000001X",
        "U1",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert Masker().text(text) == text


@pytest.mark.parametrize("text", ["xDU9000001y", "du9000001", "order_Du9000001_7", "DU90000010", "9DU9000001"])
def test_a_number_that_is_known_is_masked_in_any_case_and_next_to_any_letter(text: str) -> None:
    masked = Masker(["DU9000001"]).text(text)

    assert "9000001" not in masked
    assert "***01" in masked


def test_a_known_account_without_a_number_is_no_part_of_a_word() -> None:
    assert Masker(["MINE"]).text("determined by MINE") == f"determined by {mask_account('MINE')}"


@pytest.mark.parametrize("account", ["All-Clients", "x.y*z", "MINE"])
def test_an_account_that_is_known_is_masked_whatever_it_looks_like(account: str) -> None:
    assert account not in Masker([account, ""]).text(f"of {account}, it says")


def test_masking_twice_changes_nothing_more() -> None:
    masker = Masker(["DU9000001"])

    assert masker.text(masker.text("DU9000001")) == masker.text("DU9000001")


_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("DU9017 ,\n", max_size=12) | st.just("DU9000001"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("DU901", max_size=9), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(_data)
def test_data_is_masked_at_any_depth_and_keeps_its_shape(data: object) -> None:
    masked = Masker(["DU9000001"]).data(data)

    assert "DU9000001" not in repr(masked)
    assert type(masked) is type(data)


def test_long_answers_are_cut_and_say_so() -> None:
    masked = Masker().data({"positions": list(range(10_000)), "text": "x" * 10_000, "few": [1, 2]})

    assert isinstance(masked, dict)
    assert masked["positions"][19:] == [19, "… 9980 more in the cell's evidence"]
    assert len(masked["text"]) < 3_000
    assert masked["few"] == [1, 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    said: Words | None
    took: Seconds = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    name: str
    one: Inner
    none: Inner | None = None
    all: tuple[Inner, ...] = ()
    texts: list[Words] = field(default_factory=list)
    stages: dict[str, Seconds] = field(default_factory=dict)
    detail: Detail = field(default_factory=dict)


def test_a_record_is_masked_cut_and_rounded_as_its_fields_say_and_so_are_those_in_it() -> None:
    said = f"{ACCOUNT} is out"
    outer = Outer(
        name=ACCOUNT,
        one=Inner(said=said, took=0.123456789),
        all=(Inner(said=None), Inner(said=said)),
        texts=["fine", said],
        stages={ACCOUNT: 1.0000001},
        detail={ACCOUNT: list(range(100))},
    )
    shown = Masker().record(outer)
    assert shown.name == ACCOUNT, "a name says by its type that it is no words"
    assert shown.one == Inner(said="DU9***01 is out", took=0.123457)
    assert [each.said for each in shown.all] == [None, "DU9***01 is out"]
    assert shown.texts == ["fine", "DU9***01 is out"]
    assert shown.stages == {ACCOUNT: 1.0}
    assert len(shown.detail["DU9***01"]) < 100
    assert outer.one.said == said


def test_a_record_that_others_may_read_as_it_is_stays_the_same_object() -> None:
    for record in (Inner(said="fine", took=0.5), Outer(name=ACCOUNT, one=Inner(said=None), texts=["fine"]).one):
        assert Masker().record(record) is record
