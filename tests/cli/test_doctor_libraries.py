"""``ib-compat doctor --libraries``: what real libraries make of a gateway, and whether another would help."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from harness.checks.all import NAMES
from harness.cli import doctor_libraries, main
from harness.cli.doctor_libraries import ask_libraries
from harness.diagnose.host import UsualPort
from harness.doctor import gateway_found as found
from harness.doctor.examine import Examination, examine
from harness.doctor.subjects import Asked, subjects
from harness.known import scenarios
from harness.plan.matrix.environments import RowEnvironment
from harness.results.results_model import CellInfo, Results
from harness.shared.errors import ExitCode
from harness.views.terminal.doctor_sentences import row_lines
from harness.views.terminal.style import Style
from tests.diagnose.control.listeners import beside
from tests.doctor.looking import look_at_port, playing
from tests.rows import LibraryRow, need_row
from tests.run.fakes import HOST

pytestmark = pytest.mark.slow

ACCOUNT, LIVE_ACCOUNT = "DU9000001", "U9000001"
ASYNCIO, THREADED = "ib_async==2.1.0", "ibapi==9.81.1.post1"

LIBRARY = """
[[library]]
adapter = "{adapter}"
distribution = "{distribution}"
versions = ["{version}"]
pythons = ["host"]
"""
GATEWAY = """
[[gateway]]
kind = "simulator"
product = "gateway"
version = "10.45"
name = "{0}"
scenario = "{0}"
"""

GATEWAYS_FAULT = ("gateway-does-not-answer", "gateway")
SHOWN = {
    "no-open-orders-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-completed-orders-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-account-updates-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-account-updates-multi-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-account-summary-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-contract-details-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-option-chain-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-historical-data-end": (None, None),
    "no-snapshot-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-executions-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "no-positions-end": (GATEWAYS_FAULT, GATEWAYS_FAULT),
    "closes-on-first-request": (("ended-by-gateway", "gateway"), ("ended-by-gateway", "gateway")),
    "read-only": (("read-only-api", "settings"), None),
    "silent": (("same-as-control", "gateway"), ("same-as-control", "gateway")),
}
"""By fault: code and who is at fault, for the library on asyncio and for IBKR's own; none where it passes.

Historical data ends with a message of its own from server version 196 on, which neither of the two speaks.
ib_async asks for the orders while it connects, and waits for an answer that a read-only API does not give.
"""


@pytest.fixture(scope="module")
def built(environments: dict[str, RowEnvironment]) -> Path:
    """The folder of the rows' environments."""
    return next(iter(environments.values())).folder.parent


def matrix(folder: Path, libraries: tuple[str, ...] = (ASYNCIO, THREADED), gateways: str = "") -> Path:
    """A matrix file with all checks but the one that a client of 9.81 fails everywhere."""
    file = folder / "mine.toml"
    tables = "".join(_library(need_row(each)) for each in libraries)
    whole = [check for check in NAMES if check != "fx_quote"]
    defaults = f"[defaults]\nchecks = {json.dumps(whole)}\n"
    file.write_text(f"{defaults}{tables}\n{gateways or GATEWAY.format('silent')}", encoding="utf-8")
    return file


def _library(row: LibraryRow) -> str:
    table = LIBRARY.format(adapter=row.adapter, distribution=row.distribution, version=row.version)
    return table if row.adapter == "ibapi" else table.replace(f'distribution = "{row.distribution}"\n', "")


async def looked_at(asked: Asked) -> list[Examination]:
    async with subjects(asked) as found:
        return await asyncio.gather(*map(examine, found))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Results:
    """Both libraries against every fault that shows only with libraries, in one run."""
    folder = tmp_path_factory.mktemp("faults")
    file = matrix(folder, gateways="".join(map(GATEWAY.format, SHOWN)))
    seen = asyncio.run(looked_at(Asked(matrix=file)))
    return ask_libraries(seen, matrix=file, environments=built, results=folder, allow_live=False)


def cell_of(results: Results, library: str, gateway: str) -> CellInfo:
    (cell,) = [
        each for each in results.cells.values() if each.gateway == gateway and each.row.startswith(f"{library}/")
    ]
    return cell


@pytest.mark.parametrize("fault", SHOWN)
@pytest.mark.parametrize(("library", "which"), [(ASYNCIO, 0), (THREADED, 1)])
def test_a_fault_that_shows_only_with_libraries_is_laid_at_no_library(
    library: str, which: int, fault: str, shown: Results
) -> None:
    cell = cell_of(shown, library, fault)

    assert (cell.diagnosis and (cell.diagnosis.code, str(cell.fault))) == SHOWN[fault][which]


@pytest.mark.parametrize("fault", SHOWN)
def test_the_gateway_of_a_run_is_judged_as_the_doctor_judges_it(fault: str, shown: Results) -> None:
    """Beside it a run has no second client, so that one that is well answers."""
    of_gateway = shown.gateways[fault].diagnosis
    expected = scenarios.find(fault).verdict

    assert of_gateway is not None
    assert of_gateway.code == ("answers" if expected == scenarios.HEALTHY else expected)


def test_what_is_said_of_every_library_is_said_once_more_for_all(shown: Results) -> None:
    def last(*faults: str) -> str:
        cells = [cell_of(shown, library, fault) for fault in faults for library in (ASYNCIO, THREADED)]
        return list(row_lines(cells, Style()))[-1]

    alike = last("no-account-summary-end")
    assert alike.startswith("They all have the same verdict: the gateway does not answer the request")
    assert not last("no-account-summary-end", "closes-on-first-request").startswith("The same")
    assert last("silent").startswith("The library is not the cause")


def doctor(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["doctor", *words])
    printed = capsys.readouterr()
    assert ACCOUNT not in printed.out + printed.err
    assert LIVE_ACCOUNT not in printed.out + printed.err
    return code, " ".join(printed.out.split())


def options(file: Path, built: Path, folder: Path) -> list[str]:
    return ["--matrix", str(file), "--libraries", "--environments", str(built), "--results", str(folder)]


def test_where_every_library_stops_where_the_control_does_the_choice_of_library_is_excluded(
    tmp_path: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seed case d: one library and the next, and both time out."""
    code, page = doctor(capsys, *options(matrix(tmp_path), built, tmp_path))

    assert code == ExitCode.INCOMPATIBLE
    for library in (ASYNCIO, THREADED):
        assert f"{library}/py{HOST}: timeout at version: the library is not the cause, at fault: gateway" in page
    assert "The library is not the cause: all libraries and the reference client stop at the same" in page


def test_one_library_excludes_itself_and_says_nothing_of_the_others(
    tmp_path: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = matrix(tmp_path, (ASYNCIO,), GATEWAY.format("closes-after-version"))
    _, page = doctor(capsys, *options(file, built, tmp_path))

    assert "[same-as-control]" in page
    assert "The library is not the cause" not in page


def test_json_has_a_row_for_each_library_and_the_run_that_keeps_them(
    tmp_path: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = matrix(tmp_path, (ASYNCIO,), '[[gateway]]\nkind = "simulator"\nproduct = "gateway"\nversion = "10.45"\n')
    assert main(["doctor", *options(file, built, tmp_path), "--json"]) == ExitCode.AS_EXPECTED

    (seen,) = json.loads(capsys.readouterr().out)
    (library,) = seen["libraries"]
    assert (library["status"], library["negotiated"], library["diagnosis"]) == ("pass", 178, None)
    assert (tmp_path / seen["run"] / "results.json").is_file()


@pytest.fixture
def default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make a matrix of one row the default one."""
    monkeypatch.setattr(doctor_libraries, "default_matrix", lambda: matrix(tmp_path, (ASYNCIO,)))


def ask(port: int, built: Path, folder: Path, *, allow_live: bool = False) -> CellInfo:
    seen = [asyncio.run(look_at_port(port))]
    results = ask_libraries(seen, matrix=None, environments=built, results=folder, allow_live=allow_live)
    (cell,) = results.cells.values()
    return cell


@pytest.mark.usefixtures("default")
def test_an_address_is_asked_with_the_rows_of_the_default_matrix(tmp_path: Path, built: Path) -> None:
    with beside(playing) as port:
        cell = ask(port, built, tmp_path)

    assert (cell.status, cell.gateway) == ("pass", f"gateway-127.0.0.1-{port}")


@pytest.mark.usefixtures("default")
def test_an_address_that_is_named_twice_is_asked_once(
    tmp_path: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--libraries", "--environments", str(built), "--results", str(tmp_path)]
    with beside(playing) as port:
        code, page = doctor(capsys, str(port), f"127.0.0.1:{port}", *where)

    assert code == ExitCode.AS_EXPECTED
    assert page.count(f"{ASYNCIO}/py{HOST}: every check passed") == 2


@pytest.mark.usefixtures("default")
def test_a_gateway_with_a_live_account_is_not_asked_unless_that_is_allowed(tmp_path: Path, built: Path) -> None:
    with beside(lambda: playing(mode="live")) as port:
        refused = ask(port, built, tmp_path)
        allowed = ask(port, built, tmp_path, allow_live=True)

    assert (refused.status, refused.reason) == ("skipped", "it is live, and live is asked only with --allow-live")
    assert allowed.status == "pass"


@pytest.mark.usefixtures("default")
def test_a_live_port_of_which_no_account_was_seen_is_not_asked(
    tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with beside(lambda: playing("closes-after-hello")) as port:
        monkeypatch.setattr(found, "usual_ports", lambda: (UsualPort(number=port, product="gateway", mode="live"),))
        refused = ask(port, built, tmp_path)

    assert refused.status == "skipped"


@pytest.mark.usefixtures("default")
def test_a_paper_account_on_a_live_port_is_asked(tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with beside(playing) as port:
        monkeypatch.setattr(found, "usual_ports", lambda: (UsualPort(number=port, product="gateway", mode="live"),))
        assert ask(port, built, tmp_path).status == "pass"
