"""Files: what is written can be read again, obeys the published schema, and what is newer is refused."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from harness.results.assemble import RunFacts, plan_file
from harness.results.results_files import fit_to_share, read_results, write_plan, write_results
from harness.results.results_json import json_text, results_schema
from harness.shared.errors import ExitCode, ResultsError
from harness.shared.evidence import CellOutcome, CheckNotice, CheckRecord, Notice, RunOutcome
from harness.shared.status import Status

if TYPE_CHECKING:
    from datetime import datetime

    from harness.results.results_model import Results
    from tests.conftest import Maker

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "results.schema.json"


@pytest.fixture
def results(make: Maker) -> Results:
    """A pass, an error and a cell that was never asked."""
    more = "".join(
        f'[[gateway]]\nproduct = "tws"\nversion = "{version}"\nkind = "simulator"\n' for version in ("10.30", "10.37")
    )
    plan = make.plan(more)
    outcomes = (make.outcome(plan.cells[0]), CellOutcome(cell=plan.cells[1].id, worker_error="gone"))
    return make.results(plan, RunOutcome(outcomes=outcomes, gateways=(make.gateway(),)))


def rewritten(folder: Path, results: Results, **changes: Any) -> Path:
    document = {**json.loads(json_text(results)), **changes}
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_what_is_written_can_be_read_again(results: Results, tmp_path: Path) -> None:
    write_results(tmp_path, results)

    assert read_results(tmp_path) == results


@pytest.mark.parametrize("home", ["/home/trader", "/Users/trader", r"C:\Users\trader"])
def test_a_home_folder_is_not_written(
    home: str, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slash = "\\" if "\\" in home else "/"
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, home)
    matrix = f"{home}{slash}m.toml"
    named = replace(results.run, matrix=matrix, command=["ib-compat", "run", f"--matrix={matrix}"])
    write_results(tmp_path, replace(results, run=named))
    run = read_results(tmp_path).run
    assert (run.matrix, run.command[-1]) == (f"~{slash}m.toml", f"--matrix=~{slash}m.toml")
    assert "trader" not in (tmp_path / "results.json").read_text("utf-8")


def test_results_with_a_home_folder_in_a_cell_are_made_fit_to_share(results: Results) -> None:
    name = next(iter(results.cells))
    told = replace(results.cells[name], reason="no such file: /home/trader/m.toml")
    shown = fit_to_share(replace(results, cells={**results.cells, name: told}))
    assert shown.cells[name] == replace(told, reason="no such file: ~/m.toml")
    assert shown == replace(results, cells={**results.cells, name: shown.cells[name]})
    assert fit_to_share(results) == results


def test_it_is_written_a_cell_at_a_time(results: Results, tmp_path: Path) -> None:
    """A thousand cells are 20 MB, of which the whole was held four times over."""
    cells = {f"{name}-{number}": cell for number in range(200) for name, cell in results.cells.items()}
    tracemalloc.start()
    try:
        write_results(tmp_path, replace(results, cells=cells))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert list(json.loads((tmp_path / "results.json").read_text("utf-8"))["cells"]) == list(cells)
    assert peak < (tmp_path / "results.json").stat().st_size / 2


def test_half_a_character_that_a_library_says_does_not_cost_the_results(make: Maker, tmp_path: Path) -> None:
    plan = make.plan()
    said = CheckNotice(notice=Notice(code=1, message="half \ud800 ä"))
    check = CheckRecord(name="ready", status=Status.FAIL, reason="\udfff", detail={"\ud800": ["\ud800"]})
    seen = replace(make.outcome(plan.cells[0]), checks=(check,), notices=(said,))
    write_results(tmp_path, make.results(plan, RunOutcome(outcomes=(seen,), gateways=(make.gateway(),))))
    (cell,) = read_results(tmp_path).cells.values()
    told = next(each for each in cell.checks if each.name == "ready")
    assert (told.reason, told.detail, cell.notices[0].message) == ("?", {"?": ["?"]}, "half ? ä")


def test_times_are_utc_in_iso_8601(results: Results, tmp_path: Path) -> None:
    write_results(tmp_path, results)

    run = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["run"]
    assert (run["started"], run["ended"], run["seconds"]) == (
        "2026-11-20T10:11:12Z",
        "2026-11-20T10:11:19.400000Z",
        7.4,
    )


def test_the_published_schema_is_that_of_the_models() -> None:
    """``ib-compat schema > docs/reference/results.schema.json`` where this fails."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == results_schema()


def test_what_is_written_obeys_the_published_schema(results: Results, tmp_path: Path) -> None:
    write_results(tmp_path, results)
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))

    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads((tmp_path / "results.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("damage", ["status", "checks", "negotiated"])
def test_the_schema_tells_right_from_wrong(damage: str, results: Results) -> None:
    document = json.loads(json_text(results))
    next(iter(document["cells"].values()))[damage] = "nonsense"

    assert not Draft202012Validator(results_schema()).is_valid(document)


@pytest.mark.parametrize("version", ["2.0.0", "10.1.0"])
def test_a_newer_major_schema_is_refused(version: str, results: Results, tmp_path: Path) -> None:
    folder = rewritten(tmp_path, results, schema_version=version)

    with pytest.raises(ResultsError, match=f"schema version {version}, and this program reads up to 1.x") as raised:
        read_results(folder)

    assert "Update ib-compat" in raised.value.hint
    assert raised.value.exit_code is ExitCode.WRONG_USE


def test_a_newer_major_is_refused_even_where_nothing_else_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"schema_version": "3.0.0", "rows": []}', encoding="utf-8")

    with pytest.raises(ResultsError, match=r"schema version 3\.0\.0"):
        read_results(tmp_path)


def test_a_newer_minor_schema_is_read_without_what_is_not_known(results: Results, tmp_path: Path) -> None:
    folder = rewritten(tmp_path, results, schema_version="1.99.0", weather="fine")

    assert read_results(folder).cells == results.cells


@pytest.mark.parametrize("version", [None, "", "new", ["1"]])
def test_a_file_without_a_schema_version_is_not_ours(version: object, results: Results, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"schema_version: .*: expected a version such as 1"):
        read_results(rewritten(tmp_path, results, schema_version=version))


def test_json_that_is_no_object_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("[]", encoding="utf-8")

    with pytest.raises(ResultsError, match=r"results\.json: schema_version: None: expected"):
        read_results(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "\ufeff"])
def test_a_file_that_is_not_json_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(text, encoding="utf-8")

    with pytest.raises(ResultsError, match=r"results\.json: is not JSON"):
        read_results(tmp_path)


def test_a_damaged_file_says_where(results: Results, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"results\.json: plan\.cells: "):
        read_results(rewritten(tmp_path, results, plan={"cells": 3, "absent": []}))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "results.json").mkdir()

    with pytest.raises(ResultsError, match=r"results\.json: cannot be read"):
        read_results(tmp_path)


def test_a_folder_without_results_says_so(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"contains no results\.json"):
        read_results(tmp_path)


def test_a_run_that_died_is_known_by_its_plan(make: Maker, tmp_path: Path) -> None:
    started: datetime = make.results().run.started
    facts = RunFacts(id="run", started=started, command=("ib-compat", "run"), ib_compat="0.1.0")

    write_plan(tmp_path, plan_file(make.plan(), facts))

    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert plan["plan"]["cells"] == ["ib_async==2.1.0/py3.10/gateway-10.45-paper"]
    with pytest.raises(ResultsError, match=r"ended before it could write its results; plan\.json says what it owes"):
        read_results(tmp_path)
