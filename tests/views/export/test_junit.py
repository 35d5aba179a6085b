"""JUnit XML that CI systems read: valid, whatever libraries and gateways said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml
from xmlschema import XMLSchema

from harness.views.export.test_reports import junit
from tests.views.export.conftest import KINDS

if TYPE_CHECKING:
    from harness.results.results_model import Results

EXPECTED = {
    "pass": None,
    "fail": "failure",
    "expected-fail": "skipped",
    "unexpected-pass": "failure",
    "skipped": "skipped",
    "unsupported": "skipped",
    "error": "error",
    "not-run": "error",
    "our-fail": "error",
}
PROGRAMS = {
    "same": None,
    "different": "failure",
    "known": "skipped",
    "surprise": "failure",
    "fails": "skipped",
    "lacking": "skipped",
    "error": "error",
    "not-run": "error",
}


@pytest.fixture(scope="module")
def schema() -> XMLSchema:
    return XMLSchema(str(Path(__file__).with_name("junit.xsd")))


def test_it_obeys_the_schemas_that_are_used(run: Results, schema: XMLSchema) -> None:
    schema.validate(ET.fromstring(junit(run)))  # noqa: S314 - our own


@pytest.mark.parametrize("damage", ["hostname", "timestamp", "time", "system-out"])
def test_the_schema_tells_right_from_wrong(run: Results, schema: XMLSchema, damage: str) -> None:
    document = ET.fromstring(junit(run))  # noqa: S314
    suite = document[0]
    if damage == "system-out":
        suite.remove(suite.find("system-out") or suite[-2])
    else:
        suite.set(damage, "2026-11-20T10:11:12Z" if damage == "timestamp" else "")

    assert not schema.is_valid(document)


@pytest.mark.parametrize("kind", KINDS)
def test_failure_is_incompatible_error_is_ours_and_skipped_was_not_asked_or_is_expected(
    run: Results, kind: str
) -> None:
    (case,) = (
        case
        for case in ET.fromstring(junit(run)).iter("testcase")  # noqa: S314
        if (case.get("classname"), case.get("name")) == ("ib_async==2.1.0/py3.10", kind)
    )

    assert [child.tag for child in case] == ([EXPECTED[kind]] if EXPECTED[kind] else [])


def test_the_numbers_add_up(run: Results) -> None:
    first, second = JUnitXml.fromstring(junit(run))

    assert (first.name, first.tests, first.failures, first.errors, first.skipped) == (
        "ib_async==2.1.0/py3.10",
        9,
        2,
        3,
        3,
    )
    assert (second.tests, second.failures, second.errors, second.skipped) == (9, 0, 0, 0)


def test_a_red_says_why_and_how_to_rerun_it(run: Results) -> None:
    text = ET.fromstring(junit(run)).findtext(".//failure") or ""  # noqa: S314

    assert 'it said "<b>&|` in Zürich"' in text
    assert "at fault: gateway" in text
    assert 'rerun: nox -s "compat(ib_async==2.1.0/py3.10)"' in text
    assert "\x1b" not in text


def test_a_run_without_cells_is_a_valid_report(run: Results, schema: XMLSchema) -> None:
    schema.validate(ET.fromstring(junit(replace(run, cells={}))))  # noqa: S314


def test_a_program_is_a_suite_with_a_case_for_each_gateway(with_program: Results, schema: XMLSchema) -> None:
    document = ET.fromstring(junit(with_program))  # noqa: S314
    schema.validate(document)
    *_, suite = document

    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert cases == {name: [tag] if tag else [] for name, tag in PROGRAMS.items()}
    assert [suite.get(key) for key in ("name", "tests", "failures", "errors", "skipped")] == ["bot", "8", "2", "2", "3"]
    assert suite.get("time") == "7.5"
    assert {each.get("name"): each.get("value") for each in suite.iter("property")}["command"] == "python bot.py"


def test_what_a_program_does_otherwise_is_in_its_case(with_program: Results) -> None:
    (failure,) = (
        each
        for each in ET.fromstring(junit(with_program)).iter("failure")  # noqa: S314
        if each.get("type") == "different"
    )
    said = "what a request says place_order.limit: 187.5 → 187.49"
    assert failure.get("message") == f"does not do the same (other than today: gateway): {said}"
    assert 'wrote "<b>&|`' in (failure.text or "")
    assert "evidence: programs/bot/different/output.txt" in (failure.text or "")
    assert "rerun: ib-compat run --program bot --gateway different" in (failure.text or "")
