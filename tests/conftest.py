"""What the tests of matrix, plan, results, report and command line share: matrices, outcomes and results."""

from __future__ import annotations

import gc
import os
import signal
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from harness.known.gateway_versions import server_version_of
from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.load import load_matrix
from harness.results.assemble import RunFacts, assemble
from harness.shared.evidence import (
    CellOutcome,
    CheckNotice,
    CheckRecord,
    GatewayOutcome,
    Notice,
    ProbeRecord,
    Resolved,
    RunOutcome,
    VersionRange,
)
from harness.shared.status import Status
from tests.together import Together, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.plan.matrix.environments import RowEnvironment
    from harness.plan.matrix.load import Matrix
    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.results_model import Results


def _hand_on_no_deafness() -> None:
    """Let what the tests start heed Ctrl-C and a hang-up, also where they themselves run behind ``&`` or under nohup.

    Who ignores a signal hands that on; a handler, even one that does nothing, is not handed on.
    """
    for number in (getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGHUP") if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


_hand_on_no_deafness()

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
settings.register_profile("thorough", settings.get_profile("any machine"), max_examples=2_000)
settings.load_profile("any machine")
"""How long an example takes says how busy the machine is, and is no matter of right or wrong. Each run has examples of
its own; ``--hypothesis-profile thorough`` has many at once."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among the tests while they are collected, which each process does with all of them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let begin first what takes long."""
    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Hand out the tests as ``tests/together.py`` says, where they are handed out by files."""
    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Look once through all that is there: pytest then does five times, and Python as it ends."""
    gc.collect()
    gc.freeze()


STARTED = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)
ENDED = datetime(2026, 11, 20, 10, 11, 19, 400_000, tzinfo=UTC)
ACCOUNT = "DU9000001"
RESOLVED = Resolved(
    distribution="ib_async", version="2.1.0", module_version=None, python="3.10.7", requirements={"numpy": "2.3"}
)

ONE_ROW = """
[[library]]
adapter = "ib_async"
versions = ["{version}"]
pythons = ["3.10"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"
{more}
"""


TWO_BY_TWO = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0", "1.0.3"]
pythons = ["3.10"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"

[[gateway]]
product = "tws"
version = "10.37"
kind = "address"
mode = "live"
port = 7496
"""


@dataclass(frozen=True)
class Maker:
    """Makes what a healthy run gives; every test breaks one thing of it."""

    folder: Path

    def plan(self, more: str = "", version: str = "2.1.0") -> Plan:
        file = self.folder / "mine.toml"
        file.write_text(ONE_ROW.format(more=more, version=version), encoding="utf-8")
        return build_plan(load_matrix(file))

    def checks(self, cell: PlannedCell, **changed: CheckRecord | None) -> tuple[CheckRecord, ...]:
        """A pass for every planned check, but for the changed ones; ``None`` leaves one out."""
        records = {name: CheckRecord(name=name, status=Status.PASS, seconds=0.01) for name in cell.checks}
        records["ready"] = replace(records["ready"], detail={"accounts": [ACCOUNT], "next_order_id": 1})
        return tuple(record for record in {**records, **changed}.values() if record is not None)

    def outcome(self, cell: PlannedCell, **changes: Any) -> CellOutcome:
        passing = CellOutcome(
            cell=cell.id,
            checks=self.checks(cell),
            announced=VersionRange(min=157, max=178),
            resolved=RESOLVED,
            negotiated=min(178, server_version_of(cell.gateway.product, cell.gateway.version) or 178),
            notices=(CheckNotice(notice=Notice(code=2104, message="Market data farm connection is OK")),),
            exit_code=0,
            seconds=0.12,
            cpu_seconds=0.03,
            max_rss_bytes=30_000_000,
            artifacts=(f"{cell.folder}/evidence.jsonl",),
        )
        return replace(passing, **changes)

    def gateway(self, name: str = "gateway-10.45-paper", **changes: Any) -> GatewayOutcome:
        """A gateway that speaks what the version in its name does, as far as that is known."""
        product, _, version = name.partition("-")
        speaks = server_version_of(product, version) or 223
        met = GatewayOutcome(
            name=name,
            host="127.0.0.1",
            port=40_001,
            server_version=speaks,
            server_version_evidence="inferred: API 10.45.1 announces at most 223",
            probes=(ProbeRecord(when="before", passed=True, server_version=speaks, accounts=(ACCOUNT,)),),
        )
        return replace(met, **changes)

    def results(self, plan: Plan | None = None, run: RunOutcome | None = None) -> Results:
        planned = plan or self.plan()
        seen = run or RunOutcome(
            outcomes=tuple(self.outcome(cell) for cell in planned.asked),
            gateways=tuple(self.gateway(gateway.name) for gateway in planned.gateways),
        )
        facts = RunFacts(id="20261120T101112Z-ab12", started=STARTED, command=("ib-compat", "run"), ib_compat="0.1.0")
        return assemble(planned, seen, facts, ended=ENDED, seconds=(ENDED - STARTED).total_seconds())


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave nothing in the user's cache, and take nothing from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IB_COMPAT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@pytest.fixture
def matrix(tmp_path: Path) -> Callable[..., Matrix]:
    """Two rows against a simulated Gateway and a live TWS, with ``text`` added."""

    def load(text: str = "") -> Matrix:
        file = tmp_path / "mine.toml"
        file.write_text(TWO_BY_TWO + text, encoding="utf-8")
        return load_matrix(file)

    return load


@pytest.fixture(scope="session")
def environments() -> dict[str, RowEnvironment]:
    """The environments of real rows, by row id, where they are built."""
    folder = os.environ.get("IB_COMPAT_ENVIRONMENTS")
    if not folder:
        pytest.skip("IB_COMPAT_ENVIRONMENTS names no folder of rows' environments; nox -s tests builds them")
    found = {row: environment for row, environment in find_environments(Path(folder)).items() if environment.installed}
    if not found:
        pytest.skip(f"{folder} holds no row's environment; nox -s tests builds them")
    return found


@pytest.fixture(params=["this asyncio", "that of 3.11.2"])
def any_asyncio(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each asyncio that there is: in Python 3.11.2 a transport begins to read though paused at its start."""
    if request.param == "this asyncio" or sys.platform == "win32":
        return

    def begin(self: Any, number: int, callback: object) -> None:
        if not self._closing:
            self._loop._add_reader(number, callback)

    monkeypatch.setattr("asyncio.selector_events._SelectorTransport._add_reader", begin)
