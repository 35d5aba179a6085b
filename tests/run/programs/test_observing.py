"""Programs are observed from inside, and do with the observer what they do without it."""

from __future__ import annotations

import ast
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.programs.differences import differences
from harness.programs.observed import NOT_OBSERVED, NoteKind, Observed
from harness.programs.program import Program, Ran
from harness.run.programs.network import Network
from harness.run.programs.running import Gateway, run_program
from harness.run.programs.trying import Side, Trial, attempt
from harness.shared.status import Finding
from tests.limits import PATIENCE
from tests.rows import need_row
from tests.run.programs.bots import needs_networks, write_bot

pytestmark = pytest.mark.usefixtures("networks_for_programs")

ASYNCIO = """
from {library} import IB, Stock
import sys
ib = IB()
ib.connect("127.0.0.1", 4002, clientId=7)
print(sorted(each.contract.symbol for each in ib.positions()))
print(ib.qualifyContracts(Stock("NOSUCHSYMBOL", "SMART", "USD")))
ib.disconnect()
print(vars(sys)["nothing"])
"""
IBAPI = """
from ibapi.client import EClient
from ibapi.wrapper import EWrapper

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)

    def nextValidId(self, orderId):
        self.reqPositions()

    def position(self, account, contract, position, avgCost):
        print(contract.symbol, position)

    def positionEnd(self):
        self.disconnect()
        raise RuntimeError("at the end")

    def error(self, *arguments):
        pass

app = App()
app.connect("127.0.0.1", 4002, 7)
app.run()
"""


@pytest.fixture(scope="module")
def networks_for_programs() -> None:
    needs_networks()


def run(bot: Path, *words: str, python: str = sys.executable, observe: bool = True) -> Ran:
    command = (python, *words, bot.name)
    program = Program(command=command, folder=bot.parent, seconds=PATIENCE, observe=observe)

    async def ran() -> Ran:
        async with SimulatedGateway(find("10.19"), seed=1) as gateway:
            at = Gateway(at=(gateway.host, gateway.port), account=gateway.truth.accounts[0])
            return await run_program(program, at, Network.OWN, side="it")

    return asyncio.run(ran())


def written(folder: Path, text: str) -> Path:
    bot = folder / "bot.py"
    bot.write_text(text, encoding="utf-8")
    return bot


def seen(ran: Ran) -> Observed:
    assert ran.observed is not None
    return ran.observed


def of_kind(ran: Ran, kind: NoteKind) -> list[str]:
    return [note.text for note in seen(ran).notes if note.kind is kind]


def test_what_is_logged_raised_and_left_pending_is_noted(tmp_path: Path) -> None:
    ran = run(write_bot(tmp_path, "goes_wrong"))
    assert of_kind(ran, NoteKind.LOG) == ["low on %s"]  # at INFO, or of a logger that is disabled, nothing
    assert of_kind(ran, NoteKind.PENDING) == ["sleeps"]
    (lost, thread, last) = of_kind(ran, NoteKind.EXCEPTION)
    assert [lost.rpartition(": ")[2], thread, last] == ["lost", "KeyError: 'key'", "RuntimeError: the end"]
    assert [note.after for note in seen(ran).notes if note.text == last] == ["req_positions"]
    assert [note.count for note in seen(ran).notes if note.kind is NoteKind.LOG] == [3]
    assert not of_kind(ran, NoteKind.FAILED)


@pytest.mark.parametrize("word", ["-I", "-E", "-S"])
def test_a_python_that_takes_no_hook_is_not_observed(tmp_path: Path, word: str) -> None:
    ran = run(write_bot(tmp_path, "goes_wrong"), word)
    assert ran.observed == NOT_OBSERVED


def test_nothing_is_observed_unasked(tmp_path: Path) -> None:
    assert run(write_bot(tmp_path, "asks"), observe=False).observed is None


def test_its_own_sitecustomize_and_modules_are_its_own(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import sys\nsys.said = 'own'\n", encoding="utf-8")
    (tmp_path / "json.py").write_text("said = 'json'\n", encoding="utf-8")
    text = "import json, sys; print(sys.said, json.said, [each for each in sys.path if 'observ' in each])"
    bot = written(tmp_path, text)
    program = Program(
        command=(sys.executable, bot.name),
        folder=tmp_path,
        seconds=PATIENCE,
        environment={"PYTHONPATH": str(own)},
        observe=True,
    )

    async def ran() -> Ran:
        async with SimulatedGateway(find("10.19")) as gateway:
            return await run_program(program, Gateway(at=(gateway.host, gateway.port)), Network.OWN, side="it")

    found = asyncio.run(ran())
    assert found.output == "own json []\n"
    assert seen(found).began


def test_no_module_is_loaded_that_the_program_has_one_of_its_own_of(tmp_path: Path) -> None:
    text = "import sys; print(sorted(sys.modules.keys() - {*sys.builtin_module_names}))"
    with_it, without = (run(written(tmp_path, text), observe=observe) for observe in (True, False))
    loaded, usual = (set(ast.literal_eval(each.output)) for each in (with_it, without))
    assert loaded - usual <= {"__future__", "ib_compat_observer", "sitecustomize"}
    assert seen(with_it).began


@pytest.mark.parametrize("hook", ["threading.excepthook = print", "threading.excepthook = lambda _: None", ""])
def test_what_nobody_catches_in_a_thread_is_noted_whatever_hook_the_program_has(tmp_path: Path, hook: str) -> None:
    text = f"import threading\n{hook}\nthread = threading.Thread(target=lambda: [][1])\nthread.start(); thread.join()\n"
    assert of_kind(run(written(tmp_path, text)), NoteKind.EXCEPTION) == ["IndexError: list index out of range"]


def test_a_finder_of_an_older_kind_keeps_nothing_from_being_imported(tmp_path: Path) -> None:
    old = "type('Old', (), {'find_module': lambda *_: None})()"
    text = f"import sys\nsys.meta_path.insert(0, {old})\nimport logging\nlogging.warning('said')\n"
    assert of_kind(run(written(tmp_path, text)), NoteKind.LOG) == ["said"]


def test_what_fails_in_the_observer_is_its_own(tmp_path: Path) -> None:
    text = "import asyncio\nasyncio.all_tasks = None\nasyncio.new_event_loop().close()\nprint('done')\n"
    ran = run(written(tmp_path, text))
    assert (ran.output, ran.end.code) == ("done\n", 0)
    assert len(of_kind(ran, NoteKind.FAILED)) == 1


@pytest.mark.parametrize(
    ("library", "text"),
    [
        ("ib_async==2.1.0", ASYNCIO.format(library="ib_async")),
        ("ib_insync==0.9.86", ASYNCIO.format(library="ib_insync")),
        ("ibapi==9.81.1.post1", IBAPI),
        ("ibapi-latest==10.51.1", IBAPI),
    ],
)
def test_a_program_does_the_same_with_and_without_the_observer(tmp_path: Path, library: str, text: str) -> None:
    python = str(need_row(library).python)
    bot = written(tmp_path, text)
    with_it, without = (run(bot, python=python, observe=observe) for observe in (True, False))
    assert with_it.asked.made_contact
    assert not differences(without, with_it)
    assert (with_it.output, with_it.end.code) == (without.output, without.end.code)
    assert with_it.asked.counts() == without.asked.counts()
    assert any("Error: " in each for each in of_kind(with_it, NoteKind.EXCEPTION))
    assert not of_kind(with_it, NoteKind.FAILED)


def texts(notes: Sequence[object]) -> list[str]:
    return [getattr(note, "text", "") for note in notes]


def test_a_warning_that_only_one_gateway_brings_is_named_and_decides_nothing(tmp_path: Path) -> None:
    bot = write_bot(tmp_path, "warns_at_newer_ones")
    program = Program(command=(sys.executable, bot.name), folder=tmp_path, seconds=PATIENCE, observe=True)
    sides = (Side(gateway=find("10.19")), Side(gateway=find("10.30")))
    (answer,) = asyncio.run(
        attempt(Trial(program=program, today=sides[0], then=sides[1:], network=Network.OWN), lambda _: None)
    )
    assert answer.finding is Finding.SAME
    assert (texts(answer.only_then), answer.only_today) == (["new"], ())


def test_how_soon_it_was_ready_and_how_much_it_heard_is_known_unobserved(tmp_path: Path) -> None:
    asked = run(write_bot(tmp_path, "asks"), observe=False).asked
    assert asked.ready_after is not None
    assert asked.heard_each_second is not None
    assert 0 <= asked.ready_after < PATIENCE
    assert asked.heard_each_second > 0
