"""What libraries read differently from the same recording is named, with who read what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.results.compare.readings import Reading, readings
from harness.results.results_model import Results
from harness.shared.evidence import Against
from harness.shared.status import Status
from harness.views.page.page_data import document
from harness.views.page.page_table import table_of
from harness.views.terminal.summary import reading_lines
from tests.recordings.made import SESSION, packed
from tests.results.decide.making import Making, making

__all__ = ["making"]

MATRIX = """
[defaults]
pythons = ["3.11"]

[[library]]
adapter = "ib_async"
versions = ["2.1.0", "2.0.1"]

[[library]]
adapter = "ib_insync"
versions = ["0.9.86", "0.9.70"]

[[library]]
adapter = "ibapi"
versions = ["9.81.1.post1"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "replay"
recording = "made.ibrec"
"""
COLUMN = "gateway-10.45-paper-replay"
IBAPI_OLD = "ibapi==9.81.1.post1"
WHERE = "account DU9000001, con_id 265598"
NEW, OLD, INSYNC, OLD_INSYNC, IBAPI = (
    f"{library}/py3.11"
    for library in (
        "ib_async==2.1.0",
        "ib_async==2.0.1",
        "ib_insync==0.9.86",
        "ib_insync==0.9.70",
        "ibapi==9.81.1.post1",
    )
)


def misread(field: str, got: str, against: Against = Against.WIRE) -> dict[str, Any]:
    part = {"where": WHERE, "field": field, "expected": "'100'", "got": got}
    return {"against": against.value, "parts": [part]}


def read(making: Making, told: Mapping[str, Mapping[str, Any] | None]) -> Results:
    """Give a run in which the positions of some rows are wrong (a detail), or were not read (``None``)."""
    packed(making.folder, SESSION)
    run = making.run(matrix=MATRIX)
    cells = dict(run.cells)
    for name, cell in run.cells.items():
        if cell.row in told:
            detail = told[cell.row]
            status = Status.SKIPPED if detail is None else Status.DEGRADED
            checks = [
                replace(each, status=status, detail=detail or {}) if each.name == "positions" else each
                for each in cell.checks
            ]
            cells[name] = replace(cell, checks=checks)
    return replace(run, cells=cells)


def test_each_value_is_named_with_who_read_it_and_who_read_what_was_recorded(making: Making) -> None:
    told = {
        OLD: misread("quantity", "'10'"),
        INSYNC: misread("average_cost", "1.0"),
        OLD_INSYNC: None,
        IBAPI: misread("quantity", "'1'"),
    }
    found = readings(read(making, told), COLUMN)
    quantity = Reading(
        check="positions",
        where=WHERE,
        field="quantity",
        sent="'100'",
        others={"'10'": (OLD,), "'1'": (IBAPI,)},
        as_sent=(NEW, INSYNC),
    )
    assert found[0] == quantity
    assert [(each.field, each.as_sent) for each in found[1:]] == [("average_cost", (NEW, OLD, IBAPI))]


def test_the_page_says_it_in_words(making: Making) -> None:
    (line,) = reading_lines(read(making, {OLD: misread("quantity", "'10'")}), COLUMN)
    assert line == (
        f"Read differently: positions at {COLUMN}: {WHERE}: quantity: recorded '100'; {OLD} read '10';"
        f" as recorded: {NEW}, {INSYNC}, {OLD_INSYNC}, {IBAPI}"
    )


def test_values_that_the_same_libraries_read_differently_are_one_line(making: Making) -> None:
    both = misread("quantity", "'10'")
    both["parts"] = [*both["parts"], *misread("average_cost", "1.0")["parts"]]
    (line,) = reading_lines(read(making, {OLD: both, IBAPI: both}), COLUMN)
    assert f"{OLD}, {IBAPI} read '10'" in line
    assert line.endswith(" (and 1 more value)")


def test_what_the_recording_does_not_show_is_no_reading_of_it(making: Making) -> None:
    told = {OLD: misread("quantity", "'10'", Against.ASKED), INSYNC: misread("quantity", "'7'", Against.OTHERS)}
    assert readings(read(making, told), COLUMN) == []


def test_the_page_of_a_browser_has_the_same_words(making: Making, tmp_path: Path) -> None:
    run = read(making, {OLD: misread("quantity", "'10'")})
    told = document(run, tmp_path, table_of(run))["gateways"][0]["lines"]
    assert told[-1] == next(reading_lines(run, COLUMN))
