"""``[[program]]`` tables: what they mean, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import Matrix, load_matrix
from harness.plan.matrix.program_spec import ProgramSpec
from harness.plan.selection import Selection
from harness.programs.expected import Expected
from harness.programs.program import Until
from harness.shared.errors import MatrixError, SelectionError
from harness.shared.status import Finding

GATEWAYS = """
[[gateway]]
kind = "simulator"
product = "gateway"
version = "10.30"

[[gateway]]
kind = "simulator"
product = "gateway"
version = "10.45"

[[gateway]]
kind = "simulator"
product = "gateway"
version = "10.45"
name = "read-only"
scenario = "read-only"

[[gateway]]
kind = "address"
product = "gateway"
version = "10.51"
port = 4002
name = "mine"
"""

BOT = """
[[program]]
name = "bot"
command = "python bot.py --port {port}"
"""


def load(folder: Path, text: str, gateways: str = GATEWAYS) -> Matrix:
    file = folder / "m.toml"
    file.write_text(text + gateways, encoding="utf-8")
    return load_matrix(file)


def program(folder: Path, more: str = "") -> ProgramSpec:
    (found,) = load(folder, BOT + more).programs
    return found


def test_a_command_is_words_as_a_shell_has_them_and_runs_in_the_folder_of_the_file(tmp_path: Path) -> None:
    bot = program(tmp_path)
    assert bot.program.command == ("python", "bot.py", "--port", "{port}")
    assert bot.program.folder == tmp_path
    assert program(tmp_path, "").cells == ("bot/gateway-10.30-paper", "bot/gateway-10.45-paper")


def test_without_names_it_is_tried_with_the_ordinary_paper_gateways_that_are_ours(tmp_path: Path) -> None:
    assert [each.name for each in program(tmp_path).columns] == ["gateway-10.30-paper", "gateway-10.45-paper"]


def test_that_of_today_comes_first(tmp_path: Path) -> None:
    bot = program(tmp_path, 'today = "gateway-10.45-paper"\ngateways = ["*"]\nlibraries = ["a==1", "a==2"]')
    assert [each.name for each in bot.columns] == ["gateway-10.45-paper", "gateway-10.30-paper", "read-only", "mine"]
    assert bot.cells[0] == "bot/a==1/gateway-10.45-paper"
    assert bot.rows == ("bot/a==1", "bot/a==2")


@pytest.mark.parametrize(
    ("ends", "expected", "until", "seconds"),
    [
        ("", Expected(ends=True), None, 60.0),
        ("ends = { exit = [0, 3] }", Expected(exits=(0, 3), ends=True), None, 60.0),
        ("ends = { after = 20 }", Expected(ends=False), None, 20.0),
        ('ends = { says = "ready" }', Expected(ends=False, done=True), Until(says="ready"), 60.0),
        (
            'ends = { asked = "place_order" }\nseconds = 9',
            Expected(ends=False, done=True),
            Until(asked="place_order"),
            9.0,
        ),
    ],
)
def test_how_it_ends(tmp_path: Path, ends: str, expected: Expected, until: Until | None, seconds: float) -> None:
    bot = program(tmp_path, ends)
    assert (bot.expected, bot.program.until, bot.program.seconds) == (expected, until, seconds)


def test_the_text_of_its_templates_is_read_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "bot.toml.in").write_text("port = {port}\n", encoding="utf-8")
    bot = program(tmp_path, 'files = { "bot.toml" = "bot.toml.in" }')
    assert bot.program.files == {"bot.toml": "port = {port}\n"}


def test_what_it_is_known_to_do_otherwise(tmp_path: Path) -> None:
    expect = """
[[program.expect]]
gateway = "*10.45*"
finding = "different"
reason = "it asks more there"
since = 2026-11-01
review = 2027-01-01
"""
    (rule,) = program(tmp_path, expect).rules
    assert rule.findings == (Finding.DIFFERENT,)
    assert [rule.applies("", each) for each in ("gateway-10.30-paper", "gateway-10.45-paper")] == [False, True]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('folder = "nowhere"', "nowhere"),
        ('requirements = "nothing.txt"', "nothing.txt"),
        ('venv = "."', "pyvenv.cfg"),
        ('gateways = "gatway-*"', "gatway-"),
        ('today = "gateway-10.31-paper"', "gateway-10.30-paper"),
        ('gateways = "mine"\ntoday = "gateway-10.30-paper"\nends = { exit = [0], after = 3 }', "one of exit"),
        ('files = { "../bot.toml" = "m.toml" }', "../bot.toml"),
        ('files = { "bot.toml" = "nothing.in" }', "nothing.in"),
        ('asks = "req_position"', "req_positions"),
        ('libraries = "ib_async"', "ib_async==2.1.0"),
        ('venv = "."\nlibraries = "ib_async==2.1.0"', "does not go with"),
        ('python = "3.12"', "no environment"),
        ('python = "312"\nbeside = ["a==1"]', "3.11"),
        ('clock = "gateway"', "at"),
        ('stop = [["SIGKILL", 5]]', "SIGTERM"),
        ("at = 2026-11-27T10:00:00", "zone"),
        ('environment = { IB_PASSWORD = "x" }', "secret"),
        ("comand = 3", "command"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(MatrixError, match=r"\[\[program\]\] 1") as raised:
        program(tmp_path, more)
    assert said in str(raised.value)


def test_two_programs_have_two_names(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match="another program"):
        load(tmp_path, BOT + BOT)


def test_a_program_needs_an_ordinary_gateway_or_names(tmp_path: Path) -> None:
    gateways = GATEWAYS[GATEWAYS.index('[[gateway]]\nkind = "address"') :]
    with pytest.raises(MatrixError, match="name the ones"):
        load(tmp_path, BOT, gateways)


LIBRARY = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]
"""


@pytest.mark.parametrize(
    ("selection", "cells", "programs"),
    [
        (Selection(), 4, ["bot", "other"]),
        (Selection(programs=("b*",)), 0, ["bot"]),
        (Selection(libraries=("ib_async",)), 4, []),
        (Selection(gateways=("*10.45*",)), 1, ["bot", "other"]),
    ],
)
def test_a_selection_takes_cells_or_programs(
    tmp_path: Path, selection: Selection, cells: int, programs: list[str]
) -> None:
    matrix = load(tmp_path, LIBRARY + BOT + BOT.replace('"bot"', '"other"'))
    plan = build_plan(matrix, selection)
    assert (len(plan.cells), [each.name for each in plan.programs]) == (cells, programs)
    assert plan.narrowed is (selection != Selection())


def test_a_selection_of_gateways_keeps_that_of_today(tmp_path: Path) -> None:
    (bot,) = build_plan(load(tmp_path, BOT), Selection(gateways=("*10.45*",))).programs
    assert [each.name for each in bot.columns] == ["gateway-10.30-paper", "gateway-10.45-paper"]


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="--program"):
        build_plan(load(tmp_path, BOT), Selection(programs=("bat",)))
