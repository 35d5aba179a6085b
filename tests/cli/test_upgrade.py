"""``ib-compat upgrade`` and ``ib-compat pins``: as a user calls them, on runs that are there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.plan.build_plan import build_plan
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.load import load_matrix
from harness.results.results_files import write_results
from harness.results.results_model import DesupportInfo
from harness.results.run_folder import create_run_folder
from harness.shared.evidence import CheckRecord
from harness.shared.status import Status
from tests.conftest import RESOLVED
from tests.dying import dying
from tests.indexes import as_json, serving, wheel
from tests.results.decide.making import NEW, OLD, Making, making

if TYPE_CHECKING:
    from harness.results.results_model import Results
    from tests.conftest import Maker

__all__ = ["making"]

NEWS = ("ib_async==2.1.0", NEW, "positions", Status.TIMEOUT)
FROM_TO = ("--from", "gateway-10.37", "--to", "gateway-10.50", "--python", "3.11")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def keep(*runs: Results) -> None:
    for run in runs:
        folder = create_run_folder(Path("results"), run.run.id)
        (folder / "plan.json").write_text(json.dumps({"matrix": run.run.matrix}), encoding="utf-8")
        write_results(folder, run)


def requirements(text: str) -> str:
    Path("requirements.txt").write_text(text, encoding="utf-8")
    return "requirements.txt"


@pytest.mark.parametrize(
    ("text", "code"), [("ib_async==2.0.1", 0), ("ib_async==2.1.0", 1), ("ib_async==2.2.0", 3), ("ib_async", 3)]
)
def test_the_exit_code_is_the_answer(making: Making, text: str, code: int) -> None:
    keep(making.run(NEWS))
    assert main(["upgrade", *FROM_TO, "--requirements", requirements(text)]) == code


def test_a_lock_is_read(making: Making, capsys: pytest.CaptureFixture[str]) -> None:
    keep(making.run(NEWS))
    Path("uv.lock").write_text('[[package]]\nname = "ib-async"\nversion = "2.1.0"\n', encoding="utf-8")
    assert main(["upgrade", *FROM_TO, "--lock", "uv.lock", "--json"]) == 1
    (library,) = json.loads(capsys.readouterr().out)["libraries"]
    assert (library["outcome"], library["after"][0]["problems"][0]["check"]) == ("breaks", "positions")


def test_the_newest_runs_are_read_whichever_has_the_cell(making: Making) -> None:
    keep(making.run(NEWS), making.run(days=1, only=OLD))
    assert main(["upgrade", *FROM_TO, "--requirements", requirements("ib_async==2.1.0")]) == 1


def test_a_run_may_be_named(making: Making) -> None:
    first, second = making.run(NEWS), making.run(days=1)
    keep(first, second)
    used = ("--requirements", requirements("ib_async==2.1.0"))
    assert main(["upgrade", *FROM_TO, *used]) == 0
    assert main(["upgrade", *FROM_TO, *used, "--run", first.run.id]) == 1


def of(matrix: str, run: Results) -> Results:
    """A run of another matrix file."""
    return replace(run, run=replace(run.run, matrix=matrix))


def test_a_run_of_another_matrix_proves_nothing(making: Making) -> None:
    keep(of(str(default_matrix()), making.run()), of("matrices/known.toml", making.run(NEWS, days=1)))
    used = ("--requirements", requirements("ib_async==2.1.0"))
    assert main(["upgrade", *FROM_TO, *used]) == 0
    assert main(["upgrade", *FROM_TO, *used, "--matrix", "matrices/known.toml"]) == 1
    pins = ("pins", "--gateway", NEW, "--python", "3.11", "--library", "ib_async", "--output")
    assert main([*pins, "all.txt"]) == main([*pins, "known.txt", "--matrix", "matrices/known.toml"]) == 0
    assert "ib_async==2.1.0\n" in Path("all.txt").read_text("utf-8")
    assert "ib_async==2.0.1\n" in Path("known.txt").read_text("utf-8")


def test_it_must_be_clear_which_matrix_is_meant(making: Making, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = of("one.toml", making.run()), of("other.toml", making.run(NEWS, days=1))
    keep(one, other)
    used = ("--requirements", requirements("ib_async==2.1.0"))
    assert main(["upgrade", *FROM_TO, *used]) == 2
    assert "one.toml" in capsys.readouterr().err
    assert main(["upgrade", *FROM_TO, *used, "--run", one.run.id, "--run", other.run.id]) == 2
    assert main(["upgrade", *FROM_TO, *used, "--matrix", "third.toml"]) == 2
    assert main(["upgrade", *FROM_TO, *used, "--matrix", "one.toml"]) == 0
    assert main(["upgrade", *FROM_TO, *used, "--run", one.run.id]) == 0
    assert main(["upgrade", *FROM_TO, *used, "--run", one.run.id, "--run", other.run.id, "--matrix", "one.toml"]) == 0


def test_runs_of_another_matrix_do_not_crowd_out_the_one_that_is_meant(making: Making) -> None:
    keep(of(str(default_matrix()), making.run(NEWS)))
    keep(*(of("matrices/known.toml", making.run(days=day)) for day in range(1, 32)))
    assert main(["upgrade", *FROM_TO, "--requirements", requirements("ib_async==2.1.0")]) == 1


def test_what_brings_a_library_along_is_never_passed_over(making: Making, capsys: pytest.CaptureFixture[str]) -> None:
    """As a file that one would take for safe, of which nobody measured the second and third line."""
    keep(making.run())
    used = requirements("ib_async==2.1.0\npython-ibapi-stable==10.30.1\nthetagang==2.1.1\n")
    assert main(["upgrade", *FROM_TO, "--requirements", used, "--json"]) == 3
    outcomes = {each["library"]: each["outcome"] for each in json.loads(capsys.readouterr().out)["libraries"]}
    assert outcomes == {
        "ib_async 2.1.0": "works",
        "python-ibapi-stable 10.30.1": "not known",
        "thetagang 2.1.1": "not known",
    }


def test_the_index_that_is_named_is_asked(making: Making) -> None:
    keep(making.run())
    used = ("--requirements", requirements("ib_async==2.1.0\nsome-bot==1.0\n"))
    file = "some_bot-1.0-py3-none-any.whl"
    for package, code in (("mine", 0), ("ibapi", 3)):
        pages = {
            "some-bot": as_json({"filename": file, "url": file}),
            file: (200, "application/zip", wheel(f"{package}/__init__.py")),
        }
        with serving(pages) as index:
            assert main(["upgrade", *FROM_TO, *used, "--index", index]) == code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "gateway-10.73", "--to", "gateway-10.50"), "gateway-10.37-paper"),
        ((*FROM_TO, "--requirements", "nowhere.txt"), "nowhere.txt: cannot be read"),
        ((*FROM_TO, "--requirements", "requirements.txt", "--lock", "uv.lock"), "cannot be combined"),
        ((*FROM_TO, "--allow", "positons"), "did you mean 'positions'?"),
        ((*FROM_TO, "--requirements", "requirements.txt"), "contains none of the libraries"),
        ((*FROM_TO, "--run", "2025"), "no run '2025'"),
        ((*FROM_TO[:4], "--python", "2.*"), "Measured: 3.11."),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(
    making: Making, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    keep(making.run())
    requirements("numpy==2.1.0\n")
    assert main(["upgrade", *words]) == 2
    assert message in capsys.readouterr().err


def test_without_a_run_it_says_what_makes_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", *FROM_TO]) == 2
    assert "`nox -s matrix` makes one." in capsys.readouterr().err


def test_a_python_that_nobody_measured_is_not_known(making: Making) -> None:
    keep(making.run())
    used = ("--requirements", requirements("ib_async==2.1.0"))
    assert main(["upgrade", *FROM_TO[:4], "--python", "3.13", *used]) == 3


def test_pins_go_to_a_file(making: Making) -> None:
    keep(making.run(NEWS))
    words = ("--gateway", "gateway-10.50", "--python", "3.11", "--library", "ib_async", "--output", "constraints.txt")
    assert main(["pins", *words]) == 0
    lines = Path("constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == ["ib_async==2.0.1"]


def test_pins_as_data_have_proof_and_reasons(making: Making, capsys: pytest.CaptureFixture[str]) -> None:
    run = making.run(NEWS)
    keep(run)
    assert main(["pins", "--gateway", NEW, "--python", "3.11", "--library", "ib-async", "--json"]) == 0
    (library,) = json.loads(capsys.readouterr().out)["libraries"]
    assert (library["version"], library["proof"][0]["run"]) == ("2.0.1", run.run.id)
    assert library["passed_over"][0]["why"].startswith("timeout at positions")


@pytest.mark.parametrize(("status", "code"), [(Status.TIMEOUT, 1), (Status.ERROR, 3)])
def test_a_library_without_a_pin_ends_pins_with_why(making: Making, status: Status, code: int) -> None:
    keep(making.run(("ib_async", NEW, "positions", status)))
    assert main(["pins", "--gateway", NEW, "--python", "3.11", "--library", "ib_async"]) == code


def test_a_package_that_no_run_has_is_wrong_use(making: Making, capsys: pytest.CaptureFixture[str]) -> None:
    keep(making.run())
    assert main(["pins", "--gateway", NEW, "--python", "3.11", "--library", "ib_asinc"]) == 2
    assert "did you mean 'ib_async'?" in capsys.readouterr().err


DIED = "20261121T101119Z-cd34"


def died(making: Making, make: Maker, row: str, gateway: str, **broken: CheckRecord) -> None:
    """A run of the next day that died when it had finished one cell."""
    plan = build_plan(load_matrix(making.folder / "mine.toml"))
    (cell,) = (each for each in plan.cells if each.row.id.startswith(row) and each.gateway.name == gateway)
    resolved = replace(RESOLVED, distribution=cell.row.distribution, version=cell.row.version, requirements={})
    with dying(make, plan, DIED, make.outcome(cell, checks=make.checks(cell, **broken), resolved=resolved)):
        pass


TOO_LATE = CheckRecord(name="positions", status=Status.TIMEOUT, seconds=4.0, reason="no answer")
REST = f"{DIED}: interrupted at 1 of 10, where it ended without a word; `ib-compat run --resume {DIED}` asks the rest"


def test_what_a_run_had_finished_that_died_is_evidence_and_the_rest_is_of_older_runs(
    making: Making, make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(making.run())
    died(making, make, "ib_async==2.1.0", NEW, positions=TOO_LATE)

    assert main(["upgrade", *FROM_TO, "--requirements", requirements("ib_async==2.1.0")]) == 1
    assert main(["upgrade", *FROM_TO, "--requirements", requirements("ib_async==2.0.1")]) == 0
    assert capsys.readouterr().err == f"ib-compat: {REST}; what it finished counts\n" * 2


def test_what_programs_are_decided_from_names_it_too(
    making: Making, make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(making.run())
    died(making, make, "ib_async==2.1.0", NEW)
    main(["pins", "--gateway", NEW, "--program", "bot"])
    main(["upgrade", "--from", OLD, "--to", NEW, "--program", "bot"])
    assert capsys.readouterr().err.count(REST) == 2


def test_pins_say_it_beside_the_file_and_not_in_it(
    making: Making, make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(making.run())
    died(making, make, "ib_async==2.1.0", NEW, positions=TOO_LATE)

    assert main(["pins", "--gateway", NEW, "--python", "3.11", "--library", "ib_async"]) == 0
    out, err = capsys.readouterr()
    assert "ib_async==2.0.1\n" in out
    assert "resume" not in out
    assert REST in err


def test_nothing_is_said_where_a_later_run_asked_all(
    making: Making, make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(making.run(days=2))
    died(making, make, "ib_async==2.1.0", NEW, positions=TOO_LATE)

    assert main(["upgrade", *FROM_TO, "--requirements", requirements("ib_async==2.1.0")]) == 0
    assert capsys.readouterr().err == ""


def test_a_run_that_died_may_be_named(making: Making, make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    keep(making.run())
    died(making, make, "ib_async==2.1.0", NEW, positions=TOO_LATE)

    used = ("--requirements", requirements("ib_async==2.1.0"))
    assert main(["upgrade", *FROM_TO, *used, "--run", DIED]) == 1
    assert REST in capsys.readouterr().err


def test_what_an_older_run_heard_of_a_gateways_end_stays_known_where_the_newest_did_not_come_to_it(
    making: Making, make: Maker
) -> None:
    ends = DesupportInfo(version="10.50.1", date="2027-01-15", minimum="1051.1", source="its own notice")
    run = making.run()
    heard = replace(run.gateways[NEW], desupport=ends)
    keep(replace(run, gateways={**run.gateways, NEW: heard}))
    died(making, make, "ib_async==2.1.0", OLD)

    assert main(["upgrade", *FROM_TO, "--requirements", requirements("ib_async==2.1.0")]) == 1
