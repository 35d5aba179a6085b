"""Whole matrix files: what they become, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.all import NAMES
from harness.plan.matrix.load import Matrix, load_matrix
from harness.shared.errors import ExitCode, MatrixError

MATRICES = Path(__file__).parents[3] / "matrices"

GOOD = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"
"""


def load(tmp_path: Path, text: str) -> Matrix:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return load_matrix(file, host_python="3.11")


def complaints(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(MatrixError) as raised:
        load(tmp_path, text)
    assert raised.value.exit_code is ExitCode.WRONG_USE
    lines = str(raised.value).splitlines()
    assert all(line.startswith(f"{tmp_path / 'mine.toml'}: ") for line in lines)
    return [line.removeprefix(f"{tmp_path / 'mine.toml'}: ") for line in lines]


def test_the_default_matrix_has_the_rows_that_people_run() -> None:
    rows = load_matrix(MATRICES / "default.toml", host_python="3.11").rows

    assert [row.library for row in rows] == [
        "ib_async==2.1.0",
        "ib_async==2.0.1",
        "ib_async==1.0.3",
        "ib_insync==0.9.86",
        "ib_insync==0.9.70",
        "ibapi==9.81.1.post1",
        "nautilus-ibapi==10.19.4",
        "nautilus-ibapi==10.30.1",
        "nautilus-ibapi==10.37.2",
        "nautilus-ibapi==10.45.1",
        "ibapi-latest==10.51.1",
        "nautilus-ibapi-as-published==10.45.1",
    ]
    assert [row.requirements for row in rows if row.distribution == "nautilus-ibapi"][2:] == [
        ("nautilus-ibapi==10.37.2", "protobuf>=5.29.5"),
        ("nautilus-ibapi==10.45.1", "protobuf>=5.29.5"),
        ("nautilus-ibapi==10.45.1",),
    ]


SCENARIOS = (
    "read-only",
    "drops",
    "loses-connectivity",
    "restarts",
    "several-accounts",
    "split-frames",
    "large",
    "non-ascii",
    "utc-times",
)


def test_the_default_matrix_has_the_gateways_that_changed_something() -> None:
    gateways = load_matrix(MATRICES / "default.toml").gateways

    ib = ["10.19", "10.30", "10.37", "10.39", "10.40", "10.41", "10.43", "10.45", "10.46", "10.50"]
    tws = ["10.30", "10.37", "10.45"]
    assert [gateway.name for gateway in gateways] == [
        *(f"gateway-{version}-paper" for version in ib),
        *(f"tws-{version}-paper" for version in tws),
        *(f"gateway-10.45-paper-{scenario}" for scenario in SCENARIOS),
    ]


def test_the_default_matrix_expects_what_is_known_to_break() -> None:
    first, *others = load_matrix(MATRICES / "default.toml").expectations

    assert first.where.libraries == ("nautilus-ibapi-as-published",)
    assert (first.expectation.statuses, first.expectation.checks) == (("fail",), ("import",))
    assert {(rule.where.libraries, rule.where.versions, rule.where.python) for rule in others} == {
        (("ib_insync",), "", ">=3.14"),
        (("ib_insync",), "<0.9.81", ""),
        (("ib_async",), "<2", ">=3.14"),
        (("ib_async",), ">=2,<2.1", ""),
        (("ibapi",), "<10", ""),
        (("ib_async", "ib_insync"), "!=0.9.70", ""),
        (("ib_async", "ib_insync"), "", ""),
    }


def test_the_example_for_a_real_gateway_has_the_four_usual_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IB_CLIENT_ID", raising=False)
    gateways = load_matrix(MATRICES / "local.toml").gateways

    assert [(gateway.port, gateway.mode, gateway.optional) for gateway in gateways] == [
        (4002, "paper", True),
        (7497, "paper", True),
        (4001, "live", True),
        (7496, "live", True),
    ]
    assert {(gateway.concurrency, gateway.client_ids) for gateway in gateways} == {(1, (7300, 7399))}


def test_the_example_for_an_upgrade_has_the_running_gateway_beside_two_images() -> None:
    gateways = load_matrix(MATRICES / "gateway-upgrade.toml").gateways

    assert [(gateway.name, gateway.kind, gateway.credential) for gateway in gateways] == [
        ("running-10.37", "address", None),
        ("gateway-10.45", "docker", "TWS"),
        ("gateway-10.50", "docker", "TWS"),
    ]
    assert [gateway.container.image for gateway in gateways if gateway.container] == [
        "ghcr.io/gnzsnz/ib-gateway:10.45.1j",
        "ghcr.io/gnzsnz/ib-gateway:10.50.1d",
    ]


def test_what_a_gateway_does_not_say_has_a_default(tmp_path: Path) -> None:
    (gateway,) = load(tmp_path, GOOD).gateways

    assert (gateway.name, gateway.mode, gateway.profile, gateway.port) == (
        "gateway-10.45-paper",
        "paper",
        "gateway-10.45",
        0,
    )
    assert gateway.host == "127.0.0.1"


def test_a_gateway_may_have_keys_laid_over_its_scenario_s(tmp_path: Path) -> None:
    text = f'{GOOD}scenario = "trickle"\nbehaviour = {{ bytes_per_second = 5, max_clients = 2 }}\n'
    (gateway,) = load(tmp_path, text).gateways

    assert (gateway.name, gateway.scenario) == ("gateway-10.45-paper-trickle", "trickle")
    assert gateway.behaviour.given == {"bytes_per_second": 5, "max_clients": 2}


def test_a_mode_of_the_defaults_holds_for_gateways_that_name_none(tmp_path: Path) -> None:
    (gateway,) = load(tmp_path, f'{GOOD}\n[defaults]\nmode = "live"\n').gateways

    assert gateway.name == "gateway-10.45-live"
    assert not gateway.live, "a simulated one has no real money behind it"


def test_checks_are_asked_in_their_own_order_and_connecting_always(tmp_path: Path) -> None:
    defaults = load(tmp_path, f'{GOOD}\n[defaults]\nchecks = ["positions", "current_time"]\n').defaults

    assert defaults.checks == ("install", "import", "tcp", "version", "ready", "current_time", "positions", "close")
    assert load(tmp_path, GOOD).defaults.checks == NAMES


GATEWAY = '[[gateway]]\nproduct = "gateway"\nversion = "10.1"\n'
SIMULATED = f'{GATEWAY}kind = "simulator"\n'
EXPECT = '[[expect]]\nstatus = "fail"\nreason = "known"\nsince = 2026-01-01\nreview = 2026-07-01\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("zork = 1", "unknown key 'zork'"),
        ('[[librery]]\nadapter = "x"', "unknown key 'librery'; did you mean 'library'?"),
        (
            '[[library]]\nadapter = "ib_asink"\nversions = ["1"]',
            "[[library]] 2: adapter: 'ib_asink': expected one of ib_async, ib_insync, ibapi; did you mean 'ib_async'?",
        ),
        (
            '[[library]]\nadapter = "ibapi"\nversions = ["1"]\nverisons = 1',
            "unknown key 'verisons' in [[library]] 2; did you mean 'versions'?",
        ),
        ('[[library]]\nadapter = "ibapi"\nversions = "1"', "[[library]] 2: versions: '1': expected a list: […]"),
        (f'{GATEWAY}kind = "replay"', "[[gateway]] 2: recording: is missing"),
        (
            f'{GATEWAY}kind = "simulater"',
            (
                "[[gateway]] 2: kind: 'simulater' is unknown; expected simulator, address, docker or replay; "
                "did you mean 'simulator'?"
            ),
        ),
        (GATEWAY, "[[gateway]] 2: kind: is missing; expected simulator, address, docker or replay"),
        (
            f'{GATEWAY}kind = "address"',
            "[[gateway]] 2: port: is missing; expected a port here, or in the environment variable IB_PORT",
        ),
        (
            f'{GATEWAY}kind = "address"\nprot = 1\nport = 4002',
            "unknown key 'prot' in [[gateway]] 2; did you mean 'port'?",
        ),
        (
            f'{GATEWAY}kind = "address"\nport = 70000',
            "[[gateway]] 2: port: 70000: expected less than or equal to 65535",
        ),
        (
            f'{GATEWAY}kind = "address"\nport = 4002\nclient_ids = [1, 9]',
            (
                "[[gateway]] 2: client_ids: [1, 9]: expected [first, last] with 2 <= first <= last; "
                "0 and 1 are other programs' ids"
            ),
        ),
        (
            f'{GATEWAY}kind = "address"\nport = 4002\nclient_ids = [5]',
            "[[gateway]] 2: client_ids: [5]: expected [first, last]",
        ),
        (
            f'{GATEWAY}kind = "address"\nport = true',
            "[[gateway]] 2: port: True: expected a whole number",
        ),
        (
            '[[gateway]]\nproduct = "gateway"\nversion = 10.45\nkind = "simulator"',
            '[[gateway]] 2: version: 10.45: expected a string, in quotes: "…"',
        ),
        ("[defaults]\ncell_deadline = 0", "[defaults]: cell_deadline: 0: expected greater than 0"),
        ("[defaults]\ncell_deadline = nan", "[defaults]: cell_deadline: nan: expected a finite number"),
        ('[defaults]\nconnect_timeout = "4"', "[defaults]: connect_timeout: '4': expected a number"),
        (f"{EXPECT}python = 3.14", '[[expect]] 1: python: 3.14: expected a string, in quotes: "…"'),
        (
            f'{EXPECT}versions = ">>1"',
            "[[expect]] 1: versions: '>>1': expected a version range such as \">=10.37,<11\"",
        ),
        (
            EXPECT.replace("2026-07-01", '"2026-07-01"'),
            "[[expect]] 1: review: '2026-07-01': expected a date without quotes, such as 2026-11-20",
        ),
        (EXPECT.replace('"known"', '""'), "[[expect]] 1: reason: '': expected some text"),
        (f"{EXPECT}check = []", "[[expect]] 1: check: []: expected at least one"),
        (EXPECT.replace('"fail"', "[]"), "[[expect]] 1: status: []: expected at least one"),
        (
            f"{EXPECT}stage = 'import'",
            "unknown key 'stage' in [[expect]] 1; write 'check', which may be a list, and speaks of those checks alone",
        ),
        ("[[exclude]]\nlibrary = 'x'", "[[exclude]] 1: reason: is missing"),
        (
            f'{SIMULATED}scenario = "trikle"',
            (
                "[[gateway]] 2: scenario: 'trikle': expected a scenario that ib-compat scenarios lists; "
                "did you mean 'trickle'?"
            ),
        ),
        (
            f"{SIMULATED}behaviour = {{ bytes_per_secnd = 5 }}",
            "unknown key 'behaviour.bytes_per_secnd' in [[gateway]] 2; did you mean 'bytes_per_second'?",
        ),
        (
            f"{SIMULATED}behaviour = {{ bytes_per_second = '5' }}",
            "[[gateway]] 2: behaviour.bytes_per_second: '5': expected a number",
        ),
        (
            f"{SIMULATED}behaviour = {{ version_delay = -1 }}",
            "[[gateway]] 2: behaviour.version_delay: -1: expected greater than or equal to 0",
        ),
        (
            f"{SIMULATED}behaviour = {{ held_client_ids = [7] }}",
            "[[gateway]] 2: behaviour.held_client_ids: [7]: expected a list of [first, last]",
        ),
        (
            f"{SIMULATED}behaviour = {{ version_payload = 'xy' }}",
            "[[gateway]] 2: behaviour.version_payload: 'xy': expected bytes in hex, two digits each",
        ),
        (
            f"{SIMULATED}behaviour = {{ notices = [{{ code = 1100 }}] }}",
            "[[gateway]] 2: behaviour.notices.text: is missing",
        ),
        (f"{SIMULATED}behaviour = 'slow'", "[[gateway]] 2: behaviour: 'slow': expected a table"),
        ("[defaults]\nmode = 3", "[defaults]: mode: 3: expected one of paper, live"),
        ("expect = [3]", "[[expect]] 1: 3: expected a table"),
        ("defaults = 3", "defaults: 3: expected a table"),
        ("exclude = 'all'", "exclude: 'all': expected a list: […]"),
        (f"[defaults]\nmode = '{'x' * 58}'", f"[defaults]: mode: '{'x' * 58}': expected one of paper, live"),
        (f"[defaults]\nmode = '{'x' * 59}'", f"[defaults]: mode: '{'x' * 59}…: expected one of paper, live"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, complaint: str, tmp_path: Path) -> None:
    is_table = text.startswith("[")
    assert complaints(tmp_path, f"{GOOD}\n{text}\n" if is_table else f"{text}\n{GOOD}") == [complaint]


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("[defaults]\nchecks = ['pasitions']", "[defaults]: checks: 'pasitions': expected one of install, import,"),
        (EXPECT.replace('"fail"', '["fail", "fial"]'), "[[expect]] 1: status: 'fial': expected one of pass,"),
        (f"{EXPECT}check = 'improt'", "[[expect]] 1: check: 'improt': expected one of install, import,"),
        (f"{EXPECT}check = ['tcp', 'improt']", "[[expect]] 1: check: 'improt': expected one of install, import,"),
    ],
)
def test_names_that_do_not_exist_are_answered_with_those_that_do(text: str, beginning: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, f"{GOOD}\n{text}\n")

    assert line.startswith(beginning)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = f'{GOOD}\n{GATEWAY}kind = "address"\nport = 0\n[defaults]\nmode = "both"\ncolour = true\n'

    assert len(complaints(tmp_path, text)) == 3


def test_long_values_are_cut(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, f"{GOOD}\n[defaults]\nmode = '{'x' * 500}'\n")

    assert len(line) < 200


def test_two_gateways_of_one_name_are_refused(tmp_path: Path) -> None:
    again = GOOD[GOOD.index("[[gateway]]") :]

    assert complaints(tmp_path, GOOD + again) == [
        "[[gateway]] 2: duplicate name 'gateway-10.45-paper'; give one a 'name'"
    ]


@pytest.mark.parametrize("missing", ["library", "gateway"])
def test_a_matrix_without_rows_or_columns_is_refused(missing: str, tmp_path: Path) -> None:
    half = {"library": GOOD[GOOD.index("[[gateway]]") :], "gateway": GOOD[: GOOD.index("[[gateway]]")]}

    assert complaints(tmp_path, half[missing]) == [f"[[{missing}]]: is missing; expected at least one"]
    assert complaints(tmp_path, f"{missing} = []\n{half[missing]}") == [
        f"[[{missing}]]: is missing; expected at least one"
    ]
