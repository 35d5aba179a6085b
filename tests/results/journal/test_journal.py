"""The journal of a run: what is written down is read as it was, also where the writing was cut short."""

from __future__ import annotations

import math
import stat
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.plan.shard import shard_plan
from harness.results.answers.agreement import told_together
from harness.results.assemble import RunFacts, assemble
from harness.results.journal import begun, came_to_its_end, journal_writing, read_journal, resumed
from harness.results.journal.journal_lines import VERSION
from harness.results.results_files import read_left
from harness.results.results_model import Unfinished
from harness.results.run_folder import JOURNAL, is_running
from harness.results.run_standing import unfinished_line
from harness.shared.errors import JournalError, ResultsError
from harness.shared.evidence import CellOutcome, CheckRecord, Ended, Moment, ProbeRecord, Search, What
from harness.shared.status import Status
from tests.conftest import ENDED, STARTED
from tests.limits import at_most

if TYPE_CHECKING:
    from tests.conftest import Maker

FACTS = RunFacts(id="20261120T101112Z-ab12", started=STARTED, command=("ib-compat", "run"), ib_compat="0.1.0")
MATRICES = sorted(Path(__file__).parents[3].glob("matrices/*.toml"))
MORE = "[[gateway]]\nproduct = 'tws'\nversion = '10.37'\nkind = 'simulator'\n"


@pytest.mark.parametrize("file", MATRICES, ids=lambda file: file.stem)
def test_a_plan_is_read_as_it_was_written(tmp_path: Path, file: Path) -> None:
    plan = build_plan(load_matrix(file), may_be_empty=True)
    with begun(tmp_path, plan, FACTS):
        pass
    left = read_journal(tmp_path)
    assert left.plan == plan
    assert left.facts == FACTS


def test_a_shard_is_read_with_its_whole(tmp_path: Path, make: Maker) -> None:
    plan = shard_plan(make.plan(MORE), 1, 2, {})
    with begun(tmp_path, plan, FACTS):
        pass
    assert read_journal(tmp_path).plan == plan


def test_what_was_seen_is_read_as_it_was_written(tmp_path: Path, make: Maker) -> None:
    plan = make.plan()
    probe = ProbeRecord(
        when="after", passed=False, ended=Ended.FOREIGN, first_bytes=b"\xff\x00HTTP", address=("::1", 1)
    )
    seen = make.outcome(plan.cells[0], heard=frozenset({"positions"}))
    met = make.gateway(search=Search(attempts=(probe,), speaks="http"))
    moment = Moment(gateway=met.name, what=What.BOOTS, at=0.5, why="because")
    with begun(tmp_path, plan, FACTS) as journal:
        journal.gateway(met)
        journal.gateway(replace(met, probes=(*met.probes, probe)))
        journal.cell(seen)
        journal.moment(moment)
    outcome = read_journal(tmp_path).seen.outcome(interrupted=False)
    assert outcome.outcomes == (seen,)
    assert outcome.gateways == (replace(met, probes=(*met.probes, probe)),)
    assert outcome.timeline == (moment,)


def test_equal_answers_are_one_object(tmp_path: Path, make: Maker) -> None:
    """Cells of a run mostly read the same, and a thousand copies add up; 1 and 1.0 are not the same answer."""
    plan = make.plan(MORE + MORE.replace("10.37", "10.30"))
    checks = [CheckRecord(name="tcp", status=Status.PASS, detail={"records": [value]}) for value in (1, 1, 1.0)]
    with begun(tmp_path, plan, FACTS) as journal:
        for cell, check in zip(plan.cells, checks, strict=True):
            journal.cell(CellOutcome(cell=cell.id, checks=(check,)))
    first, second, *others = (each.checks[0].detail for each in read_journal(tmp_path).seen.cells.values())
    assert first is second
    assert [type(each["records"][0]) for each in (first, *others)] == [int, float]


def test_a_look_of_the_control_that_did_not_count_is_taken_back(tmp_path: Path, make: Maker) -> None:
    met = make.gateway()
    with begun(tmp_path, make.plan(), FACTS) as journal:
        journal.gateway(replace(met, probes=(*met.probes, ProbeRecord(when="between", passed=False))))
        journal.gateway(met)
    assert read_journal(tmp_path).seen.gateways() == {met.name: met}


def test_a_look_is_written_once_however_often_it_is_told(tmp_path: Path, make: Maker) -> None:
    with begun(tmp_path, make.plan(), FACTS) as journal:
        for _ in range(3):
            journal.gateway(make.gateway())
    assert (tmp_path / JOURNAL).read_bytes().count(b'"event":"gateway"') == 1


@pytest.mark.parametrize("text", ["half \ud800 of a pair", "\x00\n\u2028", "ä"])
def test_whatever_a_library_says_can_be_written_down(tmp_path: Path, make: Maker, text: str) -> None:
    plan = make.plan()
    check = CheckRecord(name="tcp", status=Status.FAIL, reason=text, detail={"nan": math.nan, "inf": math.inf})
    with begun(tmp_path, plan, FACTS) as journal:
        journal.cell(CellOutcome(cell=plan.cells[0].id, checks=(check,)))
    (read,) = read_journal(tmp_path).seen.cells[plan.cells[0].id].checks
    assert read.reason == text.replace("\ud800", "?")
    assert math.isnan(read.detail["nan"])
    assert read.detail["inf"] == math.inf


def test_nobody_else_may_read_it(tmp_path: Path, make: Maker) -> None:
    with begun(tmp_path, make.plan(), FACTS):
        assert stat.S_IMODE((tmp_path / JOURNAL).stat().st_mode) == (0o600 if sys.platform != "win32" else 0o666)


def test_one_at_a_time_writes_it(tmp_path: Path, make: Maker) -> None:
    assert not is_running(tmp_path)
    with begun(tmp_path, make.plan(), FACTS):
        assert is_running(tmp_path)
        left = read_journal(tmp_path)
        with pytest.raises(JournalError, match="another process"), resumed(tmp_path, left.seen, ()):
            pass
    assert not is_running(tmp_path)


def test_a_torn_last_line_is_said_and_cut_off_by_whoever_goes_on(tmp_path: Path, make: Maker) -> None:
    plan = make.plan(MORE)
    with begun(tmp_path, plan, FACTS) as journal:
        journal.cell(make.outcome(plan.cells[0]))
    whole = (tmp_path / JOURNAL).read_bytes()
    (tmp_path / JOURNAL).write_bytes(whole + b'{"event":"cell","outc')

    left = read_journal(tmp_path)
    assert left.torn
    assert set(left.seen.cells) == {plan.cells[0].id}
    results = read_left(tmp_path)
    assert results.run.unfinished is Unfinished.TORN
    assert "Interrupted at 1 of 2, where it ended in the middle of a line" in str(unfinished_line(results.run))

    with resumed(tmp_path, left.seen, ()) as journal:
        journal.cell(make.outcome(plan.cells[1]))
    left = read_journal(tmp_path)
    assert not left.torn
    assert len(left.seen.cells) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ended before it began"),
        (b'{"event":"beg', "ended before it began"),
        (b"no JSON\n", "line 1"),
        (b'{"event":"ended","interrupted":true}\n', "not the beginning of a journal"),
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / JOURNAL).write_bytes(content)
    with pytest.raises(JournalError, match=words):
        read_journal(tmp_path)
    with pytest.raises(ResultsError, match=words):
        read_left(tmp_path)


@pytest.mark.parametrize("other", [b"", b'"version":1,', b'"version":999,'])
def test_a_journal_of_another_version_is_refused_whatever_its_lines_say(
    tmp_path: Path, make: Maker, other: bytes
) -> None:
    plan = make.plan()
    with begun(tmp_path, plan, FACTS):
        pass
    file = tmp_path / JOURNAL
    ours = f'"version":{VERSION},'.encode()
    assert file.read_bytes().partition(b"\n")[0].count(ours) == 1
    file.write_bytes(file.read_bytes().replace(ours, other, 1).replace(b'"plan"', b'"plans"', 1))
    with pytest.raises(JournalError) as refused:
        read_journal(tmp_path)
    assert "another version" in str(refused.value)
    assert str(VERSION) in refused.value.hint


def test_a_line_in_the_middle_that_is_none_of_ours_is_refused(tmp_path: Path, make: Maker) -> None:
    with begun(tmp_path, make.plan(), FACTS):
        pass
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"event":"cell","outcome":{"cell":"a","checks":7}}\n')
    with pytest.raises(JournalError, match=r"line 2: .*checks"):
        read_journal(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
def test_a_line_that_finds_no_room_is_taken_back_and_what_was_finished_stays(tmp_path: Path, make: Maker) -> None:
    plan = make.plan(MORE)
    with begun(tmp_path, plan, FACTS) as journal:
        journal.cell(make.outcome(plan.cells[0]))
        size = (tmp_path / JOURNAL).stat().st_size
        with at_most(size + 10), pytest.raises(JournalError, match="cannot be written"):
            journal.cell(make.outcome(plan.cells[1]))
        assert set(journal.seen.cells) == {plan.cells[0].id}
    assert (tmp_path / JOURNAL).stat().st_size == size


def test_a_run_that_died_is_shown_as_far_as_it_came(tmp_path: Path, make: Maker) -> None:
    plan = make.plan(MORE)
    with begun(tmp_path, plan, FACTS) as journal:
        journal.gateway(make.gateway(plan.gateways[0].name))
        journal.cell(make.outcome(plan.cells[0]))
        assert read_left(tmp_path).run.unfinished is Unfinished.RUNNING
    results = read_left(tmp_path)
    assert results.run.unfinished is Unfinished.DIED
    assert results.run.counts == {Status.PASS: 1, Status.NOT_RUN: 1}
    assert unfinished_line(results.run) == (
        "Interrupted at 1 of 2, where it ended without a word; "
        "`ib-compat run --resume 20261120T101112Z-ab12` asks the rest."
    )


def test_what_is_assembled_later_is_what_the_run_itself_assembles(tmp_path: Path, make: Maker) -> None:
    plan = make.plan(MORE)
    failed = make.outcome(plan.cells[1], checks=make.checks(plan.cells[1], positions=None), exit_code=1)
    with begun(tmp_path, plan, FACTS) as journal:
        for gateway in plan.gateways:
            journal.gateway(make.gateway(gateway.name))
        journal.cell(make.outcome(plan.cells[0]))
        journal.cell(failed)
        told = told_together(plan, journal.seen.outcome(interrupted=False))
    by_the_run = assemble(plan, told, FACTS, ended=ENDED, seconds=1.5)
    left = read_journal(tmp_path)
    seen = told_together(left.plan, left.seen.outcome(interrupted=False))
    later = assemble(left.plan, seen, left.facts, ended=ENDED, seconds=1.5)
    assert later == by_the_run


@dataclass
class Clocks:
    """The time of day, which somebody sets, and the clock that nobody can set."""

    day: float = STARTED.timestamp()
    steady: float = 5_000.0

    def time(self) -> float:
        return self.day

    def monotonic(self) -> float:
        return self.steady

    def go(self, seconds: float, *, ahead: float = 0.0) -> None:
        """Let seconds pass, and set the time of day ahead by others."""
        self.day += seconds + ahead
        self.steady += seconds


@pytest.mark.parametrize("jump", [-50_000.0, 0.0, 50_000.0])
def test_what_a_run_took_is_the_sum_of_its_parts_whatever_the_clock_is_set_to(
    tmp_path: Path, make: Maker, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    clocks = Clocks()
    monkeypatch.setattr(journal_writing, "time", clocks)
    plan = make.plan(MORE)
    with begun(tmp_path, plan, FACTS, since=clocks.monotonic()) as journal:
        clocks.go(20.0, ahead=jump)
        journal.cell(make.outcome(plan.cells[0]))
        clocks.go(7.0)  # and dies
    died = read_left(tmp_path).run
    assert (died.seconds, died.ended.timestamp()) == (20.0, STARTED.timestamp() + 20.0 + jump)

    clocks.go(600.0, ahead=jump)
    clocks.steady = 3.0  # the machine was started again
    with resumed(tmp_path, read_journal(tmp_path).seen, ()) as journal:
        clocks.go(4.0, ahead=jump)
        journal.cell(make.outcome(plan.cells[1]))
        clocks.go(1.0)
        assert journal.passed == 25.0
        journal.ended(interrupted=False)
    assert read_left(tmp_path).run.seconds == 25.0


def test_whether_a_run_came_to_its_end_is_told_by_its_last_line(tmp_path: Path, make: Maker) -> None:
    assert not came_to_its_end(tmp_path)
    for interrupted in (True, False):
        with begun(tmp_path, make.plan(), FACTS) as journal:
            assert not came_to_its_end(tmp_path)
            journal.ended(interrupted=interrupted)
        assert came_to_its_end(tmp_path) is not interrupted
