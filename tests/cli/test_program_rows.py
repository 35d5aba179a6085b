"""``ib-compat run`` with programs in the matrix file: grid, results, exit code, and what is resumed."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from harness.cli import main
from harness.results.merge.join import join_programs
from harness.results.results_files import read_results
from harness.results.results_model import Results
from harness.results.run_folder import JOURNAL, RESULTS
from harness.shared.errors import ExitCode
from harness.shared.status import Finding, Status
from tests.run.programs.bots import needs_networks, write_bot
from tests.run.programs.test_program_rows import GATEWAYS

KNOWN = """
[[program.expect]]
finding = "fails"
reason = "it is to fail"
since = 2026-11-01
review = 2027-01-01
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    needs_networks()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*programs: str, more: str = "") -> None:
    tables = ""
    for name in programs:
        bot = write_bot(Path.cwd(), name)
        tables += f'[[program]]\nname = "{name}"\ncommand = {json.dumps([sys.executable, bot.name])}\n{more}\n'
    Path("m.toml").write_text(tables + GATEWAYS, encoding="utf-8")


def run(*words: str) -> int:
    return main(["run", "--matrix", "m.toml", "--no-board", *words])


def latest() -> Results:
    (place,) = (file.parent for file in Path("results").glob(f"2*/{JOURNAL}"))
    return read_results(place)


@pytest.mark.parametrize(
    ("program", "more", "code"),
    [
        ("asks", "", ExitCode.AS_EXPECTED),
        ("asks_more_of_newer_ones", "", ExitCode.INCOMPATIBLE),
        ("never_connects", "", ExitCode.HARNESS_FAILED),
        ("fails", KNOWN, ExitCode.AS_EXPECTED),
        ("asks", KNOWN, ExitCode.INCOMPATIBLE),
    ],
)
def test_the_exit_code_and_the_grid(
    capsys: pytest.CaptureFixture[str], program: str, more: str, code: ExitCode
) -> None:
    write(program, more=more)
    assert run() == code
    out = capsys.readouterr().out
    assert program in out
    assert latest().programs[program].cells.keys() == set(latest().plan.programs)
    assert latest().run.complete


def test_what_an_ended_run_has_is_not_run_again() -> None:
    write("asks", "fails")
    run()
    (place,) = (file.parent for file in Path("results").glob(f"2*/{JOURNAL}"))
    lines = (place / JOURNAL).read_bytes().splitlines(keepends=True)
    (last,) = (number for number, line in enumerate(lines) if b'"event":"program"' in line and b'"fails"' in line)
    (place / JOURNAL).write_bytes(b"".join(lines[:last]))
    (place / RESULTS).unlink()
    Path("asks.py").write_text("", encoding="utf-8")
    assert main(["report"]) == ExitCode.AS_EXPECTED
    assert main(["run", "--resume", "--matrix", "m.toml", "--no-board"]) == ExitCode.HARNESS_FAILED
    found = {name: {cell.finding for cell in each.cells.values()} for name, each in latest().programs.items()}
    assert found == {"asks": {Finding.SAME}, "fails": {Finding.FAILS}}


def test_parts_of_a_run_are_one() -> None:
    write("asks")
    run("--gateway", "*10.30*")
    programs = latest().programs
    empty = {
        name: type(each)(command=each.command, rows=each.rows, gateways=each.gateways[:1], cells={})
        for name, each in programs.items()
    }
    joined = join_programs([empty, programs])
    assert joined == join_programs([programs, empty]) == programs
    assert {cell.status for cell in joined["asks"].cells.values()} == {Status.PASS}


def test_the_plan_names_programs_and_their_cells(capsys: pytest.CaptureFixture[str]) -> None:
    write("asks")
    main(["plan", "--matrix", "m.toml", "--json"])
    (program,) = json.loads(capsys.readouterr().out)["programs"]
    assert program["cells"] == ["asks/gateway-10.19-paper", "asks/gateway-10.30-paper"]


def test_runs_answer_for_a_program_what_they_answer_for_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    write("asks_more_of_newer_ones")
    run()
    capsys.readouterr()
    asked = ["--matrix", "m.toml", "--program", "asks_*"]
    moves = ["upgrade", *asked, "--from", "10.19", "--to", "gateway-10.30"]
    assert main(moves) == ExitCode.INCOMPATIBLE
    assert "req_current_time" in capsys.readouterr().out
    assert main([*moves, "--json"]) == ExitCode.INCOMPATIBLE
    assert json.loads(capsys.readouterr().out)["standing"] == "breaks"
    assert main([*moves, "--allow", "executions"]) == ExitCode.WRONG_USE
    assert main(["pins", *asked, "--gateway", "10.30"]) == ExitCode.WRONG_USE
    assert "not varied" in capsys.readouterr().err


def test_the_first_gateway_is_found_with_which_a_program_does_something_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("asks_more_of_newer_ones")
    words = ["bisect", "--matrix", "m.toml", "--program", "asks_more_of_newer_ones", "--json"]
    assert main([*words, "--good", "gateway-10.19", "--bad", "gateway-10.37"]) == ExitCode.AS_EXPECTED
    found = json.loads(capsys.readouterr().out)
    good, bad = (int(found[name].partition("(")[2].rstrip(")")) for name in ("last_good", "first_bad"))
    assert good <= 176 < bad
    assert main([*words, "--good", "gateway-10.19", "--bad", "gateway-10.30", "--row", "x"]) == ExitCode.WRONG_USE


@pytest.mark.parametrize("words", [("plan", "--github"), ("run", "--shard", "1/2")])
def test_programs_alone_are_not_dealt_to_machines(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    write("asks")
    assert main([*words, "--matrix", "m.toml"]) == ExitCode.WRONG_USE
    assert "no cells" in capsys.readouterr().err


def test_at_an_address_there_are_no_programs(capsys: pytest.CaptureFixture[str]) -> None:
    write("asks")
    file = Path("m.toml")
    file.write_text(f'[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n{file.read_text("utf-8")}', "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    assert main(["plan", "--matrix", "m.toml", "--gateway", address, "--json"]) == ExitCode.AS_EXPECTED
    assert json.loads(capsys.readouterr().out)["programs"] == []
    assert main(["plan", "--matrix", "m.toml", "--gateway", address, "--program", "asks"]) == ExitCode.WRONG_USE
    assert "ib-compat try" in capsys.readouterr().err


@pytest.mark.parametrize(("review", "due"), [("2026-01-01", True), ("2999-01-01", False)])
def test_an_expectation_that_is_to_be_looked_at_again_is_named(
    capsys: pytest.CaptureFixture[str], review: str, *, due: bool
) -> None:
    write("fails", more=KNOWN.replace("2027-01-01", review))
    assert run() == ExitCode.AS_EXPECTED
    out = " ".join(capsys.readouterr().out.split())
    assert ("was due for review" in out) is due
    assert "expects: it is to fail" in out


def test_what_is_observed_is_in_the_results_below_the_grid_and_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    write("warns_at_newer_ones", more="observe = true")
    assert run() == ExitCode.AS_EXPECTED
    cells = latest().programs["warns_at_newer_ones"].cells.values()
    (today,), (other, *_) = [[each for each in cells if each.today is is_today] for is_today in (True, False)]
    assert today.observed is not None
    assert other.observed is not None
    assert (today.observed.began, today.observed.notes, today.observed.only_here) == (True, (), ())
    assert other.observed.only_here == other.observed.notes == ("logs WARNING bot: new",)
    assert other.ready_seconds is not None
    assert "logs WARNING bot: new" in capsys.readouterr().out
    assert main(["show", f"{other.row}/{other.gateway}"]) == ExitCode.AS_EXPECTED
    assert "only here: it logs WARNING bot: new" in capsys.readouterr().out
    (page,) = Path("results").glob("2*/*.html")
    assert "only here: it logs WARNING bot: new" in page.read_text("utf-8")


def test_a_program_that_is_no_python_is_not_observed() -> None:
    Path("m.toml").write_text(
        '[[program]]\nname = "p"\ncommand = "true"\nobserve = true\n' + GATEWAYS, encoding="utf-8"
    )
    run()
    assert {each.observed.began for each in latest().programs["p"].cells.values() if each.observed} == {False}
