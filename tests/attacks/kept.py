"""A run with everything that a run leaves, and the commands that read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.results.results_files import write_plan
from harness.results.results_model import PlanFile
from harness.results.run_folder import point_latest
from tests.conftest import STARTED
from tests.results.program_cells import program_of, with_programs
from tests.views.page.making import leave_evidence, stored, with_files

if TYPE_CHECKING:
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"
CELL = "ib_async==2.1.0/py3.10/gateway-10.45-paper"
PROGRAM = "bot/gateway-10.45-paper"
_GATEWAY = "gateway-10.45-paper"
_FILE = f"results/{RUN}/results.json"
_MATRIX = ("--matrix", "mine.toml")

COMMANDS: dict[str, tuple[str, ...]] = {
    "report": ("report",),
    "report as JSON": ("report", "--json"),
    "show": ("show", CELL),
    "show as JSON": ("show", CELL, "--json"),
    "show for Wireshark": ("show", CELL, "--pcap", "wire.pcap"),
    "show a program": ("show", PROGRAM),
    "show a program as JSON": ("show", PROGRAM, "--json"),
    "diff": ("diff", CELL, CELL),
    "page": ("page",),
    "compare": ("compare", RUN),
    "compare files": ("compare", _FILE),
    "history": ("history", "*"),
    "upgrade": ("upgrade", "--from", _GATEWAY, "--to", _GATEWAY, "--python", "3.10", *_MATRIX),
    "pins": ("pins", "--gateway", _GATEWAY, "--python", "3.10", *_MATRIX),
    "why": ("why", CELL, *_MATRIX),
    "plan": ("plan", *_MATRIX, "--shard", "1/1", "--times", f"results/{RUN}"),
    "merge": ("merge", RUN),
    "merge files": ("merge", _FILE),
    "junit": ("export", "--format", "junit"),
    "ctrf": ("export", "--format", "ctrf"),
    "markdown": ("export", "--format", "markdown"),
    "badge": ("export", "--format", "badge"),
    "issues": ("export", "--format", "issues"),
    "bundle": ("bundle", "--simulate", "refuses", "--output", "it.zip"),
}
"""Each by what it is called in tests."""


def keep(make: Maker) -> Path:
    """Leave a run of one cell, and of a program with one, in ``results/``, and return its folder."""
    results = with_programs(with_files(make.results(), CELL), bot=program_of({_GATEWAY: {}}))
    results = replace(results, run=replace(results.run, matrix="mine.toml"))
    place = stored(results, Path("results"))
    write_plan(place, PlanFile(run=RUN, started=STARTED, command=[], matrix="mine.toml", plan=results.plan))
    leave_evidence(place, CELL, log=["hello"], wire=b"\0\0\0\x05178\0\0")
    left = place.joinpath("programs", *PROGRAM.split("/"))
    left.mkdir(parents=True)
    (left / "output.txt").write_text("done\n", "utf-8")
    (left / "asked.json").write_text('[{"name": "req_positions", "fields": {}}]', "utf-8")
    for name in ("grid.md", "index.html"):
        (place / name).write_text("-", "utf-8")
    point_latest(Path("results"), RUN)
    return place
