"""Walks a workflow on this machine: its jobs in order, the lines of its steps in bash, artifacts as folders.

What is GitHub's own stands in here: actions that check out, install Python, carry artifacts and publish, and
expressions, each of which a test gives a value. An expression or action that nobody gave one is an error.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.commands import SOURCES, ib_compat
from tests.nightly.tracker import Tracker
from tests.rows import VARIABLE

ROOT = Path(__file__).parents[2]
NIGHTLY = ROOT / ".github" / "workflows" / "nightly.yml"
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
ALWAYS = "always()"


def workflow() -> dict[str, Any]:
    """Give the nightly workflow as it stands."""
    document: dict[str, Any] = yaml.safe_load(NIGHTLY.read_text("utf-8"))
    return document


@dataclass
class Ended:
    """What a job came to: whether every step passed, its steps' outputs, its summary, what it printed."""

    passed: bool = True
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    printed: str = ""


class Walk:
    """One night: every job gets a machine of its own, and shares nothing but artifacts.

    Args:
        folder: where machines and artifacts are.
        tracker: what stands in for GitHub's command.
        values: expression to value, those of ``steps`` excepted.
    """

    def __init__(self, folder: Path, tracker: Tracker, values: Mapping[str, str]) -> None:
        self.artifacts = folder / "artifacts"
        self.site = folder / "site"
        self._folder = folder
        self._tracker = tracker
        self._values = dict(values)
        self._machines = 0
        self._document = workflow()
        _programs(tracker)

    def job(self, name: str, values: Mapping[str, str] | None = None) -> Ended:
        """Walk the steps of a job on a new machine."""
        self._machines += 1
        machine = self._folder / f"machine-{self._machines}"
        machine.mkdir(parents=True)
        known = {**self._values, **(values or {})}
        known |= {f"env.{key}": _filled(str(value), known) for key, value in self._document["env"].items()}
        ended = Ended()
        for step in self._document["jobs"][name]["steps"]:
            self._step(step, machine, known, ended)
        return ended

    def _step(self, step: dict[str, Any], machine: Path, known: dict[str, str], ended: Ended) -> None:
        wanted = _wanted(step.get("if", ""), known)
        if not wanted or not (ended.passed or step.get("if") == ALWAYS):
            return
        if "uses" in step:
            given = {key: _filled(str(value), known) for key, value in step.get("with", {}).items()}
            self._use(step["uses"].partition("@")[0], given, machine)
            return
        environment = {key: _filled(str(value), known) for key, value in step.get("env", {}).items()}
        done, outputs, summary = self._run(step["run"], environment, machine, known)
        ended.passed &= done.returncode == 0
        ended.printed += done.stdout
        ended.summary += summary
        ended.outputs |= outputs
        known |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in outputs.items()}

    def _run(
        self, lines: str, environment: Mapping[str, str], machine: Path, known: Mapping[str, str]
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, str], str]:
        """Run the lines of a step as GitHub does where the shell is bash."""
        assert not EXPRESSION.search(lines), "an expression in a script lets others write it"
        files = {name: machine.with_name(f"{machine.name}-{name}") for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("", "utf-8")
        common = {key.removeprefix("env."): value for key, value in known.items() if key.startswith("env.")}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", lines],
            cwd=machine,
            env={**self._tracker.environment(), **common, **{key: str(file) for key, file in files.items()}}
            | {**environment, **SOURCES},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text("utf-8").splitlines())
        return done, outputs, files["GITHUB_STEP_SUMMARY"].read_text("utf-8")

    def _use(self, action: str, given: Mapping[str, str], machine: Path) -> None:
        match action:
            case "actions/checkout":
                shutil.copytree(ROOT / ".github", machine / ".github")
                (machine / "results").mkdir()
                shutil.copy(ROOT / "results" / "README.md", machine / "results")
            case "actions/setup-python":
                assert given["python-version"]
            case "actions/upload-artifact":
                self._upload(given["name"], given["path"], machine)
            case "actions/upload-pages-artifact":
                self._upload("github-pages", given["path"], machine)
            case "actions/download-artifact" if "pattern" in given:
                for artifact in self.artifacts.glob(given["pattern"]):
                    shutil.copytree(artifact, machine / given["path"] / artifact.name)
            case "actions/download-artifact":
                shutil.copytree(self.artifacts / given["name"], machine, dirs_exist_ok=True)
            case "actions/deploy-pages":
                shutil.copytree(self.artifacts / "github-pages", self.site)
            case _:
                raise AssertionError(f"nothing stands in for {action}")

    def _upload(self, name: str, path: str, machine: Path) -> None:
        """Keep files: of a folder what is in it, of a pattern what matches, below the part before the pattern."""
        target = self.artifacts / name
        place = machine / path
        if place.is_dir():
            shutil.copytree(place, target)
            return
        for found in machine.glob(path):
            if found.is_dir():
                shutil.copytree(found, target / found.name)
            else:
                target.mkdir(parents=True)
                shutil.copy(found, target)


def _filled(text: str, known: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: known[found[1]], text)


def holds(condition: str, facts: Mapping[str, bool]) -> bool:
    """Whether a job's ``if`` holds; a part of it that is no fact of the test is an error."""
    (found,) = EXPRESSION.findall(condition)
    for fact, value in facts.items():
        assert fact in found, fact
        found = found.replace(fact, str(value))
    words = found.replace("!", " not ").replace("&&", " and ").replace("||", " or ")
    assert re.fullmatch(r"(True|False|and|or|not|[() ])+", words), words
    return bool(eval(words))  # noqa: S307 - nothing but truth values and what joins them


def _wanted(condition: str, known: Mapping[str, str]) -> bool:
    """Whether a step is to be walked, as far as its ``if`` is about an output of a step before it."""
    about = re.fullmatch(r"\$\{\{ (steps\.\S+) != '' \}\}", condition)
    assert about or condition in {"", ALWAYS}, condition
    return about is None or bool(known.get(about[1]))


def _programs(tracker: Tracker) -> None:
    """Put on the path what the steps call: our own program from the sources, nox on environments that are built."""
    ours = f"exec {shlex.join(ib_compat())}"
    tracker.program("pip", "exit 0")
    tracker.program("python3", f'exec "{sys.executable}" "$@"')
    tracker.program("ib-compat", f'{ours} "$@"')
    takes = '[ "$1 $2 $3" = "-s matrix --" ] || exit 9\nshift 3'
    tracker.program("nox", f'{takes}\n{ours} run --environments "{os.environ[VARIABLE]}" "$@"')
