"""What libraries make of the errors that a program got."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.programs.answer import decide
from harness.programs.asked import Notice, Request
from harness.programs.reactions import Reaction, cautions, reactions
from harness.situations.all import situations
from harness.views.terminal.program_page import draw_answers
from harness.views.terminal.style import Style
from tests.programs.ran import ran, request


def order(code: int, what_if: float = 0.0) -> Request:
    return replace(request("place_order", what_if=what_if), errors=(Notice(code, "as the gateway says"),))


@pytest.mark.parametrize(
    ("asked", "library", "version", "said"),
    [
        (order(10349), "ib_async", "2.1.0", "Cancelled"),
        (order(10349), "ib-insync", "0.9.86", "Cancelled"),
        (order(10349), "ib_async", "2.2.0", ""),
        (order(10349), "ibapi", "10.45.1", ""),
        (order(399), "ib_async", "2.1.0", "ValidationError"),
        (order(399), "ib_async", "1.0.3", ""),
        (order(321), "ib_async", "2.1.0", "openTrades"),
        (order(321, what_if=1.0), "ib_async", "2.1.0", "whatIfOrder"),
        (order(202), "ib_async", "2.1.0", ""),
        (request("place_order"), "ib_async", "2.1.0", ""),
        (order(10349), "ib_async", "main", ""),
    ],
)
def test_a_library_that_takes_an_error_for_something_else_is_named(
    asked: Request, library: str, version: str, said: str
) -> None:
    found = cautions(ran(asked).asked, {library: version})
    assert len(found) == bool(said)
    assert said in "".join(found)
    assert all("source: " in each for each in found)


def test_what_came_several_times_is_said_once() -> None:
    (found,) = cautions(ran(order(10349), order(10349)).asked, {"ib_async": "2.1.0"})
    assert "2 times" in found


@pytest.mark.parametrize("reaction", reactions(), ids=lambda each: f"{each.situation} {sorted(each.codes)}")
def test_a_situation_shows_it(reaction: Reaction) -> None:
    assert reaction.situation in {each.name for each in situations()}


def test_the_page_says_it_also_where_both_do_the_same() -> None:
    caution = "a library takes it for something else"
    today = replace(ran(), cautions=(caution,))
    page = draw_answers([decide((today, today), (today,))], {}, width=200, style=Style())
    assert page.count(caution) == 1
