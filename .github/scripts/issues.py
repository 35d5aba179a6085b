"""Open, update and close issues on GitHub: one for each row that is broken against a gateway.

    python .github/scripts/issues.py issues.json

reads what ``ib-compat export --format issues`` wrote, and calls ``gh``, which must be logged in. It needs the standard
library only. An issue is recognised by the marker with which its text begins, and by a label, which only people with
write access to the repository can assign.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LABEL = "ib-compat"
MOST_NEW = 50
"""Most issues that one night may open: GitHub accepts 80 a minute, and a gateway that is down breaks every row."""

SINCE = "It does so since "
"""How the line begins that says since when a program does something else."""

LISTED = "1000"
"""Most open issues that are read."""


def main(file: str) -> None:
    """Make the repository's open issues match the file."""
    document = json.loads(Path(file).read_text("utf-8"))
    gh("label", "create", LABEL, "--description", "Opened and closed by the nightly run", "--force")
    there = json.loads(gh("issue", "list", "--label", LABEL, "--limit", LISTED, "--json", "number,body"))
    numbers = {first_line(issue): str(issue["number"]) for issue in there}
    bodies = {first_line(issue): issue["body"] for issue in there}
    new = [issue for issue in document["broken"] if issue["marker"] not in numbers]
    for issue in document["broken"]:
        if issue["marker"] in numbers:
            update(numbers[issue["marker"]], bodies[issue["marker"]], issue)
    for issue in new[:MOST_NEW]:
        gh("issue", "create", "--title", issue["title"], "--label", LABEL, "--body-file", "-", said=issue["body"])
    for marker in document["well"]:
        if marker in numbers:
            gh("issue", "close", numbers[marker], "--comment", f"Works again in run {document['run']}.")
    if len(new) > MOST_NEW:
        sys.stdout.write(f"{len(new) - MOST_NEW} more are broken; the next run opens issues for them.\n")


def first_line(issue: dict[str, Any]) -> str:
    """Return the first line, which holds the marker if the issue is ours."""
    return next(iter(issue["body"].splitlines()), "")


def update(number: str, before: str, issue: dict[str, Any]) -> None:
    """Write the newest text into an issue, with a comment if it now fails in a different way."""
    gh("issue", "edit", number, "--body-file", "-", said=since(before, issue["body"]))
    if issue["fingerprint"] not in before:
        gh("issue", "comment", number, "--body", "It now fails in a different way; the text above is current.")


def since(before: str, body: str) -> str:
    """Return the newest text with the day since when it is so of the text that is there: a night knows few others."""
    was, now = ([line for line in text.splitlines() if line.startswith(SINCE)] for text in (before, body))
    return body.replace(now[0], was[0], 1) if was and now else body


def gh(*words: str, said: str | None = None) -> str:
    """Run GitHub's command and return its output; ``said`` is its input."""
    done = subprocess.run(["gh", *words], input=said, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1])
