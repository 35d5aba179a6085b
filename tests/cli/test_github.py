"""``ib-compat plan --github``: the matrix of a workflow, and the runs that its options make."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.shared.errors import ExitCode

LIBRARY = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0", "1.0.3"]
pythons = ["3.10"]
"""
SIMULATED = """
[[gateway]]
product = "gateway"
version = "10.{0}"
kind = "simulator"
"""
ADDRESS = """
[[gateway]]
product = "tws"
version = "10.37"
kind = "address"
mode = "{mode}"
port = 7497
{more}
"""
DOCKER = """
[[gateway]]
product = "gateway"
version = "10.37.1x"
kind = "docker"
image_profile = "gnzsnz"
"""
LABELS = 'labels = ["self-hosted", "tws-paper"]'


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Call ib-compat plan on a matrix of these gateways; gives exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def plan(gateways: str, *options: str) -> tuple[int, str, str]:
        Path("mine.toml").write_text(LIBRARY + gateways, encoding="utf-8")
        code = main(["plan", "--matrix", "mine.toml", *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return plan


def jobs(ask: Any, gateways: str, *options: str) -> list[dict[str, Any]]:
    code, out, err = ask(gateways, "--github", *options)
    assert code == ExitCode.AS_EXPECTED, err
    assert out.count("\n") == 1
    found: list[dict[str, Any]] = json.loads(out)["include"]
    return found


def test_each_gateway_is_a_job_with_its_machine_and_its_options(ask: Any) -> None:
    simulated, real = jobs(ask, SIMULATED.format(45) + ADDRESS.format(mode="paper", more=LABELS))

    assert simulated == {
        "name": "gateway-10.45-paper",
        "gateway": "gateway-10.45-paper",
        "part": 1,
        "runs-on": ["ubuntu-latest"],
        "options": "--matrix=mine.toml --by=gateway --shard=1/2",
        "real": False,
        "credentials": [],
    }
    assert (real["name"], real["runs-on"], real["real"]) == ("tws-10.37-paper", ["self-hosted", "tws-paper"], True)


def test_a_container_names_the_login_that_its_job_needs(ask: Any) -> None:
    (job,) = jobs(ask, DOCKER)

    assert (job["runs-on"], job["real"], job["credentials"]) == (["ubuntu-latest"], True, ["TWS"])


@pytest.mark.parametrize("most", [[], ["--jobs=2"], ["--jobs=1"]])
def test_the_options_of_all_jobs_together_ask_every_cell_once(ask: Any, most: list[str]) -> None:
    gateways = "".join(map(SIMULATED.format, (40, 43, 45)))
    selected = ["--library", "ib_async==2*", "--orders"]
    whole = json.loads(ask(gateways, "--json", *selected)[1])["cells"]

    asked = []
    for job in jobs(ask, gateways, *most, *selected):
        words = shlex.split(job["options"])
        assert words[0] == "--matrix=mine.toml"
        part = json.loads(ask(gateways, "--json", *words)[1])
        assert {cell["gateway"] for cell in part["cells"]} == set(job["gateway"].split(", "))
        asked += part["cells"]

    assert sorted(asked, key=str) == sorted(whole, key=str)
    assert len(whole) == 3


def test_an_address_without_labels_is_refused_and_the_hint_says_what_to_write(ask: Any) -> None:
    code, out, err = ask(ADDRESS.format(mode="paper", more=""), "--github")

    assert (code, out) == (ExitCode.WRONG_USE, "")
    assert "gateway tws-10.37-paper: labels: is missing" in err
    assert 'labels = ["self-hosted", "tws-paper"]' in err


def test_a_live_gateway_needs_no_machine_where_nobody_may_ask_it(ask: Any) -> None:
    gateways = SIMULATED.format(45) + ADDRESS.format(mode="live", more="")

    assert [job["name"] for job in jobs(ask, gateways)] == ["gateway-10.45-paper"]
    assert ask(gateways, "--github", "--allow-live")[0] == ExitCode.WRONG_USE


def test_the_matrix_is_never_empty(ask: Any) -> None:
    (job,) = jobs(ask, ADDRESS.format(mode="live", more=""))
    assert (job["name"], job["runs-on"]) == ("tws-10.37-live", ["ubuntu-latest"])

    code, out, err = ask(SIMULATED.format(45) + '[[exclude]]\nreason = "all"\n', "--github")
    assert (code, out) == (ExitCode.WRONG_USE, "")
    assert "no cell is left to ask" in err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--github", "--shard", "1/2"], "cannot be combined with --shard"),
        (["--github", "--json"], "cannot be combined with --shard"),
        (["--jobs", "3"], "--jobs needs --github"),
        (["--github", "--jobs", "256"], "256 is not in the range"),
        (["--by", "gateway"], "need --shard"),
        (["--by", "gateway", "--shard", "1/2", "--times", "x"], "--by gateway uses no times"),
        (["--by", "gateway", "--shard", "1/2"], "there is 1"),
    ],
)
def test_options_that_do_not_go_together_are_refused(ask: Any, options: list[str], says: str) -> None:
    code, _, err = ask(SIMULATED.format(45), *options)

    assert code == ExitCode.WRONG_USE
    assert says in err
