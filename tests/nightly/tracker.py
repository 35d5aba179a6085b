"""A stand-in for ``gh``: issues and runs in files, for the commands and options that the nightly workflow uses.

Options that it does not know end it with an error, so that no test passes on one that it passed over.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

STATE = "TRACKER"


class Tracker:
    """The issues of a repository, and the artifacts of its nights, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.program("gh", f'exec "{sys.executable}" "{__file__}" "$@"')
        self._write([])

    def program(self, name: str, line: str) -> None:
        """Put a program on the path of ``environment``."""
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        file.chmod(0o755)

    def environment(self) -> dict[str, str]:
        """Give the environment in which ``gh`` is this one."""
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, STATE: str(self.folder), "PYTHONUTF8": "1"}

    @property
    def issues(self) -> list[dict[str, Any]]:
        """Every issue, the oldest first."""
        issues: list[dict[str, Any]] = json.loads((self.folder / "tracker.json").read_text("utf-8"))
        return issues

    def add(self, title: str, body: str, labels: list[str]) -> None:
        """Open an issue."""
        issue = {"title": title, "body": body, "labels": labels, "state": "open", "comments": []}
        self._write([*self.issues, {**issue, "number": len(self.issues) + 1}])

    def _write(self, issues: list[dict[str, Any]]) -> None:
        (self.folder / "tracker.json").write_text(json.dumps(issues), "utf-8")


class _Command:
    """One call of ``gh``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "tracker.json"
        self._issues: list[dict[str, Any]] = json.loads(self._file.read_text("utf-8"))

    def label_create(self, options: argparse.Namespace) -> None:
        assert options.force

    def issue_list(self, options: argparse.Namespace) -> None:
        there = [issue for issue in self._issues if issue["state"] == "open" and options.label in issue["labels"]]
        _say(json.dumps([{key: issue[key] for key in options.json.split(",")} for issue in there[: options.limit]]))

    def issue_create(self, options: argparse.Namespace) -> None:
        issue = {"number": len(self._issues) + 1, "title": options.title, "body": _said(options), "state": "open"}
        self._issues.append({**issue, "labels": [options.label], "comments": []})

    def issue_edit(self, options: argparse.Namespace) -> None:
        self._one(options)["body"] = _said(options)

    def issue_comment(self, options: argparse.Namespace) -> None:
        self._one(options)["comments"].append(options.body)

    def issue_close(self, options: argparse.Namespace) -> None:
        self._one(options)["state"] = "closed"
        self._one(options)["comments"].append(options.comment)

    def run_list(self, options: argparse.Namespace) -> None:
        assert (options.workflow, options.status) == ("nightly.yml", "completed")
        assert (options.json, options.jq) == ("databaseId", ".[].databaseId")
        _say("\n".join(sorted((night.name for night in self._folder.glob("nights/*")), reverse=True)))

    def run_download(self, options: argparse.Namespace) -> None:
        artifact = self._folder / "nights" / str(options.number) / options.name
        if not artifact.is_dir():
            sys.exit(f"no artifact matches any of the names provided: {options.name}")
        shutil.copytree(artifact, options.dir, dirs_exist_ok=True)

    def keep(self) -> None:
        self._file.write_text(json.dumps(self._issues), "utf-8")

    def _one(self, options: argparse.Namespace) -> dict[str, Any]:
        number: int = options.number
        return self._issues[number - 1]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _said(options: argparse.Namespace) -> str:
    assert options.body_file == "-"
    return sys.stdin.read()


_OPTIONS: dict[str, tuple[str, ...]] = {
    "label create": ("--description", "--force"),
    "issue list": ("--label", "--limit", "--json"),
    "issue create": ("--title", "--label", "--body-file"),
    "issue edit": ("--body-file",),
    "issue comment": ("--body",),
    "issue close": ("--comment",),
    "run list": ("--workflow", "--branch", "--status", "--limit", "--json", "--jq"),
    "run download": ("--name", "--dir"),
}


def main() -> None:
    """Be ``gh``."""
    noun, verb, *words = sys.argv[1:]
    parser = argparse.ArgumentParser(prog=f"gh {noun} {verb}", allow_abbrev=False)
    if verb in {"edit", "comment", "close", "download"}:
        parser.add_argument("number", type=int)
    elif noun == "label":
        parser.add_argument("name")
    for option in _OPTIONS[f"{noun} {verb}"]:
        if option == "--force":
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=int if option == "--limit" else str)
    command = _Command(Path(os.environ[STATE]))
    getattr(command, f"{noun}_{verb}")(parser.parse_args(words))
    command.keep()


if __name__ == "__main__":
    main()
