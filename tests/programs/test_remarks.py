"""What a program does that goes wrong, and at whom the fault is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.programs.answer import decide
from harness.programs.asked import Notice, Outcome
from harness.programs.program import Ran
from harness.programs.remarks import remarks_of, remarks_of_asked
from harness.programs.sentence import sentence_of
from harness.views.terminal.asked_page import asked_document, asked_lines
from harness.views.terminal.program_page import answer_document, draw_answers
from harness.views.terminal.style import Style
from tests.programs.ran import ran, request

READ_ONLY = Notice(321, "Error validating request.-'aa' : cause - The API interface is currently in Read-Only mode.")
PACKAGE = "/usr/lib/python3.11/site-packages/ibapi/client.py"
PANDAS = "/usr/lib/python3.11/site-packages/pandas/core/frame.py"
RAISED = 'Traceback (most recent call last):\n  File "bot.py", line 3, in go\n    x()\n  File "{}", line 9, in f\n{}\n'
CALLBACK = "TypeError: App.error() takes 4 positional arguments but 6 were given"
NUMPY = "TypeError: conversion from numpy.int64 to Decimal is not supported"


@pytest.mark.parametrize(
    ("run", "brief", "fault", "where"),
    [
        (
            ran(replace(request("place_order", Outcome.REFUSED), errors=(Notice(103, "Duplicate order id"),))),
            "gives an order an id that was used before",
            "program",
            "place_order (103)",
        ),
        (
            ran(replace(request("req_historical_data"), errors=(Notice(2174, "Warning: You submitted"),))),
            "sends a time without a zone",
            "program",
            "req_historical_data (2174)",
        ),
        (
            ran(replace(request("req_ids", Outcome.REFUSED), errors=(READ_ONLY,))),
            "asks about orders, or for an order id, although the API is read-only",
            "settings",
            "req_ids (321)",
        ),
        (ran(notices=(Notice(2174, "Warning"),)), "sends a time without a zone", "program", "2174"),
        (
            ran(request("cancel_order", Outcome.UNREADABLE)),
            "sends what ib-compat cannot read at the version that both negotiated",
            "unknown: the program, its library, or ib-compat",
            "cancel_order",
        ),
        (
            ran(output=RAISED.format(PACKAGE, NUMPY)),
            "calls its library with something that this version of it does not take",
            "program with its library",
            f"{NUMPY} (raised in ibapi, called at bot.py:3)",
        ),
        (
            ran(output=RAISED.format(PACKAGE, CALLBACK)),
            "does not take what this version of its library calls it with",
            "program with its library",
            f"{CALLBACK} (raised in ibapi, called at bot.py:3)",
        ),
    ],
)
def test_it_is_named_with_its_fault_and_what_shows_it(run: Ran, brief: str, fault: str, where: str) -> None:
    (found,) = remarks_of(run)
    assert (found.brief, found.fault, found.where) == (brief, fault, (where,))
    assert all(each in found.words for each in (brief, fault, where, f"Source: {found.source}"))


@pytest.mark.parametrize(
    "run",
    [
        ran(request("req_positions")),
        ran(replace(request("place_order", Outcome.REFUSED), errors=(Notice(201, "Order rejected"),))),
        ran(replace(request("place_order", Outcome.REFUSED), errors=(Notice(321, "Invalid order type"),))),
        ran(replace(request("place_order", Outcome.KEPT_BACK), errors=(READ_ONLY,))),
        ran(output=RAISED.format("bot.py", NUMPY)),
        ran(output=RAISED.format(PACKAGE, "TypeError: '>=' not supported between instances of 'NoneType' and 'int'")),
        ran(output=RAISED.format(PACKAGE, "ValueError: conversion from nothing")),
        ran(output=RAISED.format(PANDAS, "TypeError: <lambda>() takes 1 positional argument but 2 were given")),
        ran(output=RAISED.format(PANDAS, "TypeError: read_csv() got an unexpected keyword argument 'x'")),
    ],
)
def test_of_what_says_nothing_of_its_fault_nothing_is_said(run: Ran) -> None:
    assert remarks_of(run) == ()


def test_what_goes_wrong_at_the_other_side_alone_is_in_the_answer() -> None:
    today = ran(request("place_order"))
    then = replace(
        ran(replace(request("place_order", Outcome.REFUSED), errors=(Notice(103, "Duplicate order id"),))),
        side="gateway-10.51",
    )
    answer = decide((today, today), (then,))
    assert sentence_of(answer).endswith("Only there it gives an order an id that was used before (fault: program).")
    page = " ".join(draw_answers([answer], {}, width=400, style=Style()).split())
    assert "place_order (103). Ids begin" in page
    assert "Fault: program. So it is with gateway-10.51." in page
    runs = answer_document([answer], {})["runs"]
    assert [[each["fault"] for each in run["remarks"]] for run in runs] == [[], ["program"]]


def test_what_goes_wrong_on_both_sides_is_said_once_and_does_not_decide() -> None:
    zone = replace(request("req_historical_data"), errors=(Notice(2174, "Warning"),))
    answer = decide((ran(zone), ran(zone)), (replace(ran(zone), side="gateway-10.51"),))
    page = " ".join(draw_answers([answer], {}, width=400, style=Style()).split())
    assert page.count("sends a time without a zone") == 1
    assert "So it is with gateway-10.37, gateway-10.51." in page
    assert "It does the same" in page
    more = replace(ran(zone, request("req_positions")), side="gateway-10.51")
    assert sentence_of(decide((ran(zone), ran(zone)), (more,))).endswith("with gateway-10.37.")


def test_a_digest_has_what_crossed_the_connection() -> None:
    asked = ran(replace(request("req_ids", Outcome.REFUSED), errors=(READ_ONLY,))).asked
    assert len(remarks_of_asked(asked)) == 1
    assert "Fault: settings" in " ".join(asked_lines(asked, 400))
    assert [each["fault"] for each in asked_document(asked)["remarks"]] == ["settings"]
