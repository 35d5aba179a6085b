"""Every command in the documents: that it is right, by running it."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.commands import ib_compat, program
from tests.docs import test_served_commands as served
from tests.docs.running import run, serving
from tests.documented import DECIDING
from tests.rows import VARIABLE, need_row
from tests.run.programs.bots import needs_networks

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("results/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = {"", "console", "sh"}
PROGRAMS = ("nox", "ib-compat", "pip", "bash")


def documented() -> set[str]:
    """Give the commands in the fenced blocks of all pages, split at ``&&``, without remarks."""
    blocks = (block for page in PAGES for block in FENCE.findall(page.read_text("utf-8")))
    lines = (line for language, block in blocks if language in SHELLS for line in block.splitlines())
    parts = (part.partition("  #")[0].strip() for line in lines for part in line.split("&&"))
    return {part for part in parts if part.split(" ")[0] in PROGRAMS}


CI = (ROOT / ".ci" / "run").read_text("utf-8")
"""Runs the commands that set up a machine; a test within them cannot."""

BY_CI = {
    "pip install .",
    'pip install "nox[uv]"',
    "nox -s matrix",
    "nox -s tests",
    "nox -s lint types",
    "nox -s docker",
}
BY_CI |= {"nox -s matrix -- --matrix matrices/known.toml", "nox -s doctor -- --matrix matrices/seeds.toml"}
BESIDE_CI = {"nox -s coverage"}
"""What has a job of its own: it measures the same tests again, at twice the time."""
BY_HAND = {"bash findings/pip-takes-an-index-that-is-down-for-one-without-the-release.sh"}
"""What asks the real package index, and fails by itself once what it shows has changed."""
LONG = {
    "benchmarks": {"nox -s bench"},
    "campaigns.chaos": {"nox -s chaos", "nox -s chaos -- --times 5"},
    "campaigns.fuzz": {"nox -s fuzz", "nox -s fuzz -- --inputs 1000000"},
    "campaigns.hostile": {"nox -s hostile"},
    "campaigns.soak": {"nox -s soak", "nox -s soak -- --minutes 60"},
}
"""By the module that a session runs."""
QUICK = {
    "ib-compat --help",
    "ib-compat plan",
    "ib-compat plan --github",
    "ib-compat checks",
    "ib-compat profiles",
    "ib-compat days",
    "ib-compat days bad-night",
    "ib-compat scenarios",
    "ib-compat verify recordings/gateway-10.45.ibrec",
    'ib-compat why "ib_async==2.1.0/*/gateway-10.45-paper"',
    "nox -l",
}
BY_PATTERNS = 'nox -s matrix -- --gateway "gateway-10.4*" --library ib_async'
FEW_CELLS = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0", "2.0.1"]\n' + "".join(
    f'[[gateway]]\nproduct = "gateway"\nversion = "{version}"\nkind = "simulator"\n'
    for version in ("10.40", "10.45", "10.50")
)
"""A matrix of which it chooses four cells."""
WITH_ROWS = {
    BY_PATTERNS,
    'nox -s "compat(ib_async==2.1.0)" -- --gateway gateway-10.45-paper',
    "nox -s report",
    'ib-compat show "ib_async==2.1.0/*/gateway-10.45-paper"',
    'ib-compat show "ib_async==2.1.0/*/gateway-10.45-paper" --pcap wire.pcap',
    "ib-compat page",
    'ib-compat diff "ib_async==2.0.1/*/gateway-10.45-paper" "ib_async==2.1.0/*/gateway-10.45-paper"',
}
JOBS = {"nox -s matrix -- --by gateway --shard 1/22"}
AFTER_A_RUN = ("report", "show", "diff", "page")
LOOKING = {
    "ib-compat doctor 127.0.0.1:4002",
    "ib-compat doctor 127.0.0.1:4002 --gate --timeout 120",
    "ib-compat doctor 127.0.0.1:4002 --health-check docker/compose.health.yaml",
    "ib-compat doctor 127.0.0.1:4002 --probe-more",
    "ib-compat doctor 127.0.0.1:4002 --hello 'API=9.72\\0'",
    "ib-compat doctor 127.0.0.1:4002 --libraries",
    "ib-compat doctor 127.0.0.1:4002 --watch",
    "ib-compat doctor --simulate deaf",
    "ib-compat bundle 127.0.0.1:4002",
}
PLANNED = {
    "ib-compat plan --matrix matrices/applications.toml",
    "ib-compat plan --matrix matrices/gateway-upgrade.toml",
    "nox -s matrix -- --matrix matrices/gateway-upgrade.toml",
    "nox -s matrix -- --matrix matrices/local.toml",
    "nox -s matrix -- --matrix matrices/local.toml --gateway gateway-10.45-paper",
    "nox -s matrix -- --matrix matrices/full.toml",
}
NIGHTLY = (
    "ib-compat run --shard 1/2 --times baseline.json",
    "ib-compat run --shard 2/2 --times baseline.json",
    "ib-compat merge parts/1 parts/2",
    "ib-compat compare baseline.json",
    'ib-compat history "ib_async==2.1.0/*/gateway-10.45-paper"',
    "ib-compat history gateway-10.45-paper --last 100",
    "ib-compat prune --dry-run",
    "ib-compat prune --keep 90",
    "ib-compat export --format junit --output junit.xml",
    "ib-compat export --format ctrf --output ctrf.json",
    "ib-compat export --format markdown --output summary.md",
    "ib-compat export --format badge --output badge.json",
    "ib-compat export --format issues --output issues.json",
)
"""In the order in which they are run: the first leave what the others read."""
AT_AN_ADDRESS = {"nox -s matrix -- --gateway 127.0.0.1:4002"}
CHANGING = {
    "ib-compat changes ib_async==1.0.3 ib_async==2.1.0": "ticker.Ticker.__init__",
    "ib-compat changes ib_insync==0.9.86 ib_async==2.1.0": "ticker.Ticker.__init__",
    "ib-compat changes ib_async==1.0.3 ib_async==2.1.0 --code my_program.py": "ticker.Ticker.__init__",
    "ib-compat changes ibapi==9.81.1.post1 nautilus-ibapi==10.30.1": "client.EClient.cancelOrder",
}
"""What each says, among other things."""
WITH_A_PROGRAM = (
    "ib-compat run --matrix matrices/programs.toml",
    "ib-compat upgrade --matrix matrices/programs.toml --program positions --from gateway-10.37 --to gateway-10.51",
    "ib-compat pins --matrix matrices/programs.toml --program positions --gateway gateway-10.51",
)
"""In the order in which they are run: the first leaves what the others read."""
USING = {
    "ib-compat uses my_program.py",
    "ib-compat uses my_program.py --trace asked.json",
    "ib-compat uses my_program.py --changes changes.json",
}
WITH_AN_ENGINE = {"ib-compat clean --dry-run"}


def test_every_documented_command_is_run_here_or_by_ci() -> None:
    assert documented() == (
        {
            *BY_CI,
            *BESIDE_CI,
            *BY_HAND,
            *itertools.chain(*LONG.values()),
            *QUICK,
            *WITH_ROWS,
            *PLANNED,
            *served.SERVING,
            *LOOKING,
            *AT_AN_ADDRESS,
            *CHANGING,
            *WITH_A_PROGRAM,
            *USING,
            *WITH_AN_ENGINE,
            *NIGHTLY,
            *JOBS,
            *DECIDING,
            *served.RECORDING,
            *served.TRYING,
            *served.TAPPING,
            *served.REPLAYING,
        }
    )


@pytest.mark.parametrize("command", sorted(BY_CI))
def test_ci_runs_the_commands_that_set_up_a_machine(command: str) -> None:
    words = shlex.split(command)
    assert any(set(words) <= set(shlex.split(line)) for line in CI.splitlines() if line.startswith(words[0])), (
        f"{command} is documented, and .ci/run does not run it"
    )


@pytest.mark.parametrize("command", sorted(BESIDE_CI))
def test_a_job_beside_ci_runs_the_rest(command: str) -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"].values()
    assert command in {step.get("run") for job in jobs for step in job["steps"]}


def ib_compat_arguments(command: str, results: Path) -> list[str]:
    """Give what ib-compat is called with, by a user or by a nox session; results go elsewhere than a user's."""
    if command.startswith("ib-compat"):
        words = [str(results / word) if word.endswith(".pcap") else word for word in shlex.split(command)[1:]]
        return [*words, "--results", str(results)]
    session, _, after = command.partition(" -- ")
    words = shlex.split(after)
    name = shlex.split(session)[-1]
    if name == "report":
        return ["report", "--results", str(results)]
    row = re.fullmatch(r"compat\((.*)\)", name)
    chosen = ["--row", row[1]] if row else []
    return ["run", "--environments", os.environ[VARIABLE], "--results", str(results), *chosen, *words]


@pytest.mark.parametrize("command", sorted(QUICK))
def test_a_command_that_needs_no_rows_runs(command: str) -> None:
    """In a process that has imported nothing before."""
    name, *words = shlex.split(command)
    done = run(program(*words) if name == "ib-compat" else [sys.executable, "-m", "nox", *words], folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("module", sorted(LONG))
def test_what_runs_for_long_can_be_started_and_has_the_options_of_the_documents(module: str) -> None:
    done = run([sys.executable, "-m", module, "--help"], folder=ROOT)
    assert done.returncode == 0, done.stderr
    words = {
        word for command in LONG[module] for word in shlex.split(command) if word.startswith("--") and word != "--"
    }
    assert words <= set(re.findall(r"--[a-z]+", done.stdout))


def test_the_commands_that_need_rows_run(tmp_path: Path) -> None:
    """The one that chooses by patterns runs on a small matrix; what it chooses of the default one is planned."""
    need_row("ib_async==2.1.0")
    (tmp_path / "few.toml").write_text(FEW_CELLS, encoding="utf-8")
    for command in sorted(WITH_ROWS, key=_turn):
        words = ib_compat_arguments(command, tmp_path)
        if command == BY_PATTERNS:
            planned = run(ib_compat("plan", *shlex.split(command.partition(" -- ")[2])), folder=ROOT)
            assert re.search(r"[1-9]\d cells: [1-9] rows against [1-9]\d gateways", planned.stdout), planned.stdout
            words += ["--matrix", str(tmp_path / "few.toml")]
        done = run(ib_compat(*words), folder=ROOT)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert _told(command) in done.stdout + done.stderr


def test_the_commands_of_every_night_run(tmp_path: Path) -> None:
    """On three columns of one library, instead of everything."""
    need_row("ib_async==2.1.0")
    few = [
        "--environments",
        os.environ[VARIABLE],
        "--library",
        "ib_async==2.1.0",
        "--gateway",
        "gateway-10.4[035]-paper",
    ]
    whole = run(ib_compat("run", *few), folder=tmp_path)
    assert whole.returncode == 0, whole.stderr
    shutil.copy(tmp_path / "results/latest/results.json", tmp_path / "baseline.json")
    for number, command in enumerate(NIGHTLY, start=1):
        more = [*few, "--results", f"parts/{number}"] if " run " in command else []
        done = run(ib_compat(*shlex.split(command)[1:], *more), folder=tmp_path)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert all(
        (tmp_path / file).stat().st_size
        for file in ("junit.xml", "ctrf.json", "summary.md", "badge.json", "issues.json")
    )
    assert "3 pass" in (tmp_path / "badge.json").read_text("utf-8")


@pytest.mark.parametrize("command", sorted(JOBS))
def test_a_job_of_the_default_matrix_asks_one_gateway(command: str, tmp_path: Path) -> None:
    """As many as the command says there are; with one library, instead of all."""
    need_row("ib_async==2.1.0")
    words = [*ib_compat_arguments(command, tmp_path), "--library", "ib_async==2.1.0"]
    done = run(ib_compat(*words), folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert "1 cell: 1 row against 1 gateway" in done.stderr


def _turn(command: str) -> tuple[bool, bool]:
    """Sort those that read a run behind those that make one, of which that of several rows is the last."""
    return any(word in command for word in AFTER_A_RUN), "nox -s matrix" in command


def _told(command: str) -> str:
    """Give what the command must say."""
    if "--pcap" in command:
        return "wire.pcap: what went over the wire"
    if "diff" in command:
        return "+ ib_async==2.1.0/"
    if "page" in command:
        return "index.html"
    return "negotiated 178" if "show" in command else "✓ 178"


@pytest.mark.parametrize("command", sorted(LOOKING))
def test_a_look_at_a_gateway_comes_to_a_verdict(command: str, tmp_path: Path) -> None:
    """Whatever runs at that port here; a simulated gateway stands in where nothing must be waited out."""
    need_row("ib_async==2.1.0")
    with serving() as address:
        words = [address if word == "127.0.0.1:4002" else word for word in shlex.split(command)[1:]]
        done = run(ib_compat(*words, *_shortened(command, tmp_path)), folder=ROOT)
    assert done.returncode == (1 if "--hello" in command else 0), done.stdout + done.stderr
    assert ("looked at" if "bundle" in command else "]") in done.stdout


@pytest.mark.parametrize("command", sorted(AT_AN_ADDRESS))
def test_a_gateway_is_asked_at_its_address(command: str) -> None:
    with serving() as address:
        words = [address if word == "127.0.0.1:4002" else word for word in shlex.split(command.partition(" -- ")[2])]
        done = run(ib_compat("plan", *words), folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert f"ib_async==2.1.0/py{sys.version_info[0]}.{sys.version_info[1]}/gateway-127.0.0.1-" in done.stdout


@pytest.mark.parametrize("command", sorted(CHANGING))
def test_what_changes_between_two_versions_is_said(command: str, tmp_path: Path) -> None:
    """By their signatures; tests/docs/test_changed.py has the situations."""
    for library in shlex.split(command)[2:4]:
        need_row(library)
    (tmp_path / "my_program.py").write_text("from ib_async import Ticker\nTicker()\n", encoding="utf-8")
    few = ["--situation", "signatures", "--environments", os.environ[VARIABLE]]
    done = run(ib_compat(*shlex.split(command)[1:], *few), folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert CHANGING[command] in done.stdout


def test_the_example_of_a_program_does_the_same_everywhere(tmp_path: Path) -> None:
    needs_networks()
    need_row("ib_async==1.0.3")
    said = []
    for command in WITH_A_PROGRAM:
        there = ["--no-build", "--environments", os.environ[VARIABLE]] if " run " in command else []
        done = run(ib_compat(*shlex.split(command)[1:], *there, "--results", str(tmp_path)), folder=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    assert [word in text for word, text in zip(("4 pass", "SAFE", "ib_async==2.1.0"), said, strict=True)] == [True] * 3


@pytest.mark.parametrize("command", sorted(WITH_AN_ENGINE))
def test_a_command_that_needs_an_engine_says_so_where_there_is_none(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tests/docker runs it where there is one."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'nobody.sock'}")
    done = run(ib_compat(*shlex.split(command)[1:]), folder=ROOT)
    assert done.returncode == 3
    assert "nobody.sock" in done.stderr
    assert "Traceback" not in done.stderr


def _shortened(command: str, folder: Path) -> list[str]:
    """Give options that keep a command from going on for ever, and from the user's own folders."""
    if "--watch" in command:
        return ["--timeout", "2"]
    if "bundle" in command:
        return ["--results", str(folder), "--output", str(folder / "bundle.zip")]
    if "--libraries" in command:
        return ["--results", str(folder), "--environments", os.environ[VARIABLE]]
    return []


@pytest.mark.parametrize("command", sorted(PLANNED))
def test_the_example_for_a_gateway_of_one_s_own_is_a_right_matrix_file(command: str) -> None:
    words = shlex.split(command.partition(" -- ")[2] or command.removeprefix("ib-compat plan"))
    done = run(ib_compat("plan", *words), folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert "gateway-10.45" in done.stdout
