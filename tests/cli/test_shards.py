"""``--shard``: each part asks its own cells, and is split by the times of earlier runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.shared.errors import ExitCode
from tests.cli.two_rows import NEW, OLD, Asked
from tests.dying import dying

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Maker

pytestmark = pytest.mark.usefixtures("two_rows")


def test_a_shard_asks_its_cells_alone_and_both_together_all(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = scheduler()

    codes = [main(["run", "--matrix", "mine.toml", "--no-board", "--shard", shard]) for shard in ("1/2", "2/2")]

    assert codes == [ExitCode.AS_EXPECTED] * 2
    assert sorted(cell.row.id for plan, _, _ in asked for cell in plan.cells) == [OLD, NEW]
    assert "in another shard" not in capsys.readouterr().err


def test_a_shard_is_split_by_the_times_of_an_earlier_run(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler()
    main(["run", "--matrix", "mine.toml", "--no-board"])
    document = json.loads(Path("results/latest/results.json").read_text("utf-8"))
    document["cells"][f"{OLD}/gateway-10.45-paper"]["seconds"] = 99.0
    Path("times.json").write_text(json.dumps(document), encoding="utf-8")
    capsys.readouterr()

    assert main(["plan", "--matrix", "mine.toml", "--shard", "1/2", "--times", "times.json", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)

    assert plan["shard"] == "1/2"
    assert [cell["row"] for cell in plan["cells"]] == [OLD]


def test_a_shard_is_not_split_by_the_times_of_a_run_that_goes_on(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    def rows() -> list[str]:
        assert main(["plan", "--matrix", "mine.toml", "--shard", "1/2", "--json"]) == 0
        return [cell["row"] for cell in json.loads(capsys.readouterr().out)["cells"]]

    plan = build_plan(load_matrix(Path("mine.toml")))
    finished = [make.outcome(cell, seconds=99.0 if cell.row.id == OLD else 0.1) for cell in plan.cells]
    untimed = rows()
    with dying(make, plan, "20261120T101112Z-ab12", *finished):
        assert rows() == untimed == [NEW]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--shard", "3/2"], "--shard 3/2: expected I/N"),
        (["--shard", "1/3"], "only 2 parts to split into"),
        (["--times", "latest"], "need --shard"),
        (["--shard", "1/2", "--times", "nothing"], "no run 'nothing'"),
    ],
)
def test_a_wrong_shard_is_wrong_use(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--matrix", "mine.toml", *options]) == ExitCode.WRONG_USE
    assert says in capsys.readouterr().err


def test_a_run_that_cannot_be_read_gives_no_times_and_is_named(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler(raises=KeyboardInterrupt())
    Path("results/20261120T101112Z-ab12").mkdir(parents=True)
    Path("results/20261120T101112Z-ab12/plan.json").write_text("{}", encoding="utf-8")

    assert main(["plan", "--matrix", "mine.toml", "--shard", "1/2"]) == ExitCode.AS_EXPECTED
    said = capsys.readouterr().err
    assert "skipped" in said
    assert "20261120T101112Z-ab12: this run ended" in said
