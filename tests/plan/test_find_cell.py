"""One cell by what a person types of its id."""

from __future__ import annotations

import pytest

from harness.plan.selection import find_cell
from harness.shared.errors import SelectionError

IDS = [
    "ib_async==2.1.0/py3.11/gateway-10.45-paper",
    "ib_async==2.1.0/py3.11/tws-10.45-paper",
    "ib_async==2.1.0/py3.11/tws-10.45-paper-too",
    "ib_insync==0.9.86/py3.11/tws-10.45-paper",
]


@pytest.mark.parametrize(
    ("word", "cell"),
    [
        (IDS[0], IDS[0]),
        (IDS[1], IDS[1]),
        ("ib_insync*", IDS[3]),
        ("*/gateway-*", IDS[0]),
        ("IB_Insync", IDS[3]),
        ("gateway-10.45", IDS[0]),
        ("async*too", IDS[2]),
        ("ib_async==2.1.?/*/tws-*-paper", IDS[1]),
    ],
)
def test_what_means_one_cell(word: str, cell: str) -> None:
    assert find_cell(word, IDS) == cell


def test_a_word_that_means_several_lists_them() -> None:
    with pytest.raises(SelectionError, match=r"'tws-10\.45' matches 3 cells") as raised:
        find_cell("tws-10.45", IDS)

    assert raised.value.hint == "\n".join(["Name one of:", *(f"  {each}" for each in IDS[1:])])


def test_a_long_list_is_cut() -> None:
    with pytest.raises(SelectionError) as raised:
        find_cell("cell", [f"cell-{number}" for number in range(50)])

    assert raised.value.hint.endswith("\n  … and 30 more")
    assert len(raised.value.hint.splitlines()) == 22


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("ib_async==2.1.0/py3.11/gateway-10.54-paper", IDS[0]),
        ("gatway-10.45-papper", "gateway-10.45-paper"),
        ("ib_insink", "ib_insync==0.9.86/py3.11"),
        ("zzz", "ib-compat plan lists them."),
    ],
)
def test_a_word_that_means_none_is_answered_with_the_nearest(word: str, near: str) -> None:
    with pytest.raises(SelectionError, match="matches no cell") as raised:
        find_cell(word, IDS)

    assert near in raised.value.hint
