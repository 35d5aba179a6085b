"""The nightly workflow, walked on this machine with real libraries: what it ends with is the run that was not split."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.shared.errors import ExitCode
from tests.cli.test_shards_of_real_rows import timeless
from tests.nightly.tracker import Tracker
from tests.nightly.walking import NIGHTLY, Ended, Walk, holds, workflow
from tests.rows import VARIABLE, need_row

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="it stands in for GitHub's Linux machines"),
]

ROWS = ("ib_async==2.1.0", "ib_async==2.0.1")
BROKEN = "gateway-10.45-paper-changing"
MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0", "2.0.1"]

[[gateway]]
product = "gateway"
version = "10.40"
kind = "simulator"

[[gateway]]
name = "gateway-10.45-paper-changing"
product = "gateway"
version = "10.45"
kind = "simulator"
behaviour = {{ never_sent = {withheld} }}
"""


@dataclass
class Repository:
    """A repository on GitHub: what stays from night to night."""

    folder: Path
    tracker: Tracker
    nights: int = 0

    @property
    def matrix(self) -> Path:
        return self.folder / "mine.toml"

    def set(self, *withheld: str) -> None:
        """Write the matrix file, whose second gateway withholds messages."""
        self.matrix.write_text(MATRIX.format(withheld=json.dumps(withheld)), "utf-8")

    def night(self, dead: str = "") -> dict[str, Ended]:
        """Walk one night to its end; the machine of the job that is ``dead`` leaves nothing. Gives each job's end."""
        self.nights += 1
        values = {
            "vars.IB_COMPAT_MATRIX || 'matrices/default.toml'": str(self.matrix),
            "github.token": "a-token",
            "github.ref_name": "main",
        }
        walk = Walk(self.folder / f"night-{self.nights}", self.tracker, values)
        ends = {"plan": walk.job("plan")}
        for job in json.loads(ends["plan"].outputs["matrix"])["include"]:
            if job["name"] != dead:
                ends[job["name"]] = walk.job("run", _of_job(job))
        ends["merge"] = walk.job("merge")
        ends["issues"] = walk.job("issues")
        ends["publish"] = walk.job("publish")  # none of these gateways is real
        ends["answer"] = walk.job("answer", {"needs.merge.outputs.code": ends["merge"].outputs.get("code", "")})
        walk.artifacts.rename(self.folder / "nights" / str(self.nights))
        return ends

    def left(self, name: str) -> Path:
        """Give an artifact of the latest night."""
        return self.folder / "nights" / str(self.nights) / name

    def whole(self) -> dict[str, Any]:
        (file,) = self.left("whole").glob("*/results.json")
        document: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return document


def _of_job(job: dict[str, Any]) -> dict[str, str]:
    none = {f"contains(matrix.credentials, 'TWS') && secrets.TWS_{name} || ''": "" for name in ("USERID", "PASSWORD")}
    return {**none, "matrix.options": job["options"], "matrix.part": str(job["part"])}


def made_in(folder: Path) -> Repository:
    for row in ROWS:
        need_row(row)
    (folder / "nights").mkdir()
    made = Repository(folder, Tracker(folder))
    made.set()
    return made


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return made_in(tmp_path)


@dataclass(frozen=True)
class Night:
    """A night on which all was well, and the repository after it."""

    repository: Repository
    ends: dict[str, Ended]


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Night:
    made = made_in(tmp_path_factory.mktemp("well"))
    return Night(made, made.night())


def test_a_night_ends_with_the_run_that_was_not_split(well: Night, tmp_path: Path) -> None:
    repository, ends = well.repository, well.ends
    options = ["--environments", os.environ[VARIABLE], "--matrix", str(repository.matrix)]
    assert main(["run", *options, "--results", str(tmp_path / "alone")]) == ExitCode.AS_EXPECTED

    alone = json.loads((tmp_path / "alone/latest/results.json").read_text("utf-8"))
    merged = repository.whole()
    assert len(merged["cells"]) == 4
    assert timeless(merged["cells"]) == timeless(alone["cells"])
    assert merged["run"]["counts"] == alone["run"]["counts"]
    assert len(merged["run"]["parts"]) == len(ends) - 5 == 2
    assert ends["answer"].passed


def test_a_night_publishes_page_results_and_badge_and_writes_a_summary(well: Night) -> None:
    repository, ends = well.repository, well.ends

    assert all(end.passed for end in ends.values()), [end.printed for end in ends.values() if not end.passed]
    site = repository.folder / "night-1" / "site"
    assert sorted(file.name for file in site.iterdir()) == ["badge.json", "index.html", "results.json"]
    assert "4 pass" in (site / "badge.json").read_text("utf-8")
    assert ends["merge"].summary.startswith("# ib-compat: ✓ every cell is as expected")
    assert repository.tracker.issues == []


def test_a_night_is_compared_with_the_last_and_opens_and_closes_an_issue_for_each_row_and_gateway(
    well: Night, tmp_path: Path
) -> None:
    repository = made_in(tmp_path)
    shutil.copytree(well.repository.folder / "nights", tmp_path / "nights", dirs_exist_ok=True)
    repository.nights = well.repository.nights
    repository.set("next_valid_id")
    ends = repository.night()

    assert "2 regressions, 0 improvements" in ends["merge"].summary
    assert ends["merge"].passed
    assert not ends["answer"].passed
    assert sorted(issue["title"].rpartition(" ")[2] for issue in repository.tracker.issues) == [BROKEN, BROKEN]
    assert {issue["state"] for issue in repository.tracker.issues} == {"open"}

    repository.set()
    ends = repository.night()

    assert "0 regressions, 2 improvements" in ends["merge"].summary
    assert ends["answer"].passed
    assert [issue["state"] for issue in repository.tracker.issues] == ["closed", "closed"]


def test_what_a_machine_that_died_owes_is_red_and_opens_no_issue(repository: Repository) -> None:
    ends = repository.night(dead="gateway-10.40-paper")

    assert repository.whole()["run"]["counts"] == {"pass": 2, "not-run": 2}
    assert ends["merge"].outputs["code"] == str(int(ExitCode.HARNESS_FAILED))
    assert not ends["answer"].passed
    assert repository.tracker.issues == []


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize(
    ("said", "real", "published"),
    [(False, False, True), (False, True, False), (True, False, True), (True, True, True)],
)
def test_what_real_gateways_hold_is_published_only_where_the_repository_says_so(
    *, said: bool, real: bool, published: bool, merged: bool
) -> None:
    assert holds(
        workflow()["jobs"]["publish"]["if"],
        {
            "cancelled()": False,
            "needs.merge.result == 'success'": merged,
            "vars.IB_COMPAT_PUBLISH == 'true'": said,
            "contains(fromJSON(needs.plan.outputs.matrix).include.*.real, true)": real,
        },
    ) == (published and merged)


def test_every_action_is_pinned_by_commit_and_every_job_has_the_least_permissions() -> None:
    document = workflow()
    uses = [step["uses"] for job in document["jobs"].values() for step in job["steps"] if "uses" in step]

    assert all(len(each.partition("@")[2]) == 40 for each in uses)
    assert document["permissions"] == {}
    assert {name: _writes(job) for name, job in document["jobs"].items()} == {
        "plan": [],
        "run": [],
        "merge": [],
        "issues": ["issues"],
        "publish": ["id-token", "pages"],
        "answer": [],
    }


def _writes(job: dict[str, Any]) -> list[str]:
    return sorted(what for what, may in job["permissions"].items() if may == "write")


def test_secrets_reach_the_run_alone_and_only_through_the_environment() -> None:
    text = NIGHTLY.read_text("utf-8")
    document = workflow()
    (run,) = (step for step in document["jobs"]["run"]["steps"] if "nox -s matrix" in step.get("run", ""))

    assert text.count("secrets.") == sum("secrets." in value for value in run["env"].values()) == 2
