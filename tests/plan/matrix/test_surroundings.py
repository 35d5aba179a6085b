"""IB_HOST, IB_PORT and IB_CLIENT_ID stand in for what a matrix file does not say of an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import load_matrix
from harness.plan.matrix.surroundings import Surroundings, surroundings
from harness.plan.matrix.tables import CLIENT_IDS
from harness.shared.errors import MatrixError, UsageError

LIBRARY = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n'
ADDRESS = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "address"\n'


def gateway(folder: Path, more: str = "", defaults: str = "") -> GatewaySpec:
    file = folder / "matrix.toml"
    file.write_text(f"{defaults}\n{LIBRARY}{ADDRESS}{more}\n", encoding="utf-8")
    (only,) = load_matrix(file).gateways
    return only


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IB_HOST", "IB_PORT", "IB_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)


def test_they_are_read() -> None:
    read = surroundings({"IB_HOST": "gateway", "IB_PORT": "4001", "IB_CLIENT_ID": "17"})
    assert read == Surroundings(host="gateway", port=4001, client_id=17)
    assert read.address == ("gateway", 4001)


@pytest.mark.parametrize("environ", [{}, {"IB_HOST": "", "IB_PORT": "", "IB_CLIENT_ID": ""}])
def test_what_is_not_set_or_empty_says_nothing(environ: dict[str, str]) -> None:
    read = surroundings(environ)
    assert (read, read.address, read.client_ids) == (Surroundings(), None, CLIENT_IDS)


@pytest.mark.parametrize(
    ("environ", "address"),
    [({"IB_HOST": "there"}, ("there", 4002)), ({"IB_PORT": "7497"}, ("127.0.0.1", 7497))],
)
def test_one_of_host_and_port_will_do(environ: dict[str, str], address: tuple[str, int]) -> None:
    assert surroundings(environ).address == address


@pytest.mark.parametrize("number", [0, 1, 900, 7200, 7299, 7300, 7350, 7399, 7499, 7500, 7599, 7600, 2**31 - 1])
def test_the_client_id_of_the_users_program_and_its_neighbours_are_left_alone(number: int) -> None:
    around = surroundings({"IB_CLIENT_ID": str(number)})
    (first, last), (next_one, last_look) = around.client_ids, around.look_ids
    assert next_one == last + 1
    assert not first - 100 <= number <= last_look + 100
    assert last - first == CLIENT_IDS[1] - CLIENT_IDS[0]
    assert not first - 100 <= number <= last + 100
    assert first >= 2
    assert last < 2**31


@pytest.mark.parametrize("number", ["0", "900", "7199", "7600"])
def test_one_that_is_far_away_changes_nothing(number: str) -> None:
    assert surroundings({"IB_CLIENT_ID": number}).client_ids == CLIENT_IDS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IB_PORT", "paper"),
        ("IB_PORT", "0"),
        ("IB_PORT", "65536"),
        ("IB_PORT", "\u0664\u0660\u0660\u0662"),
        ("IB_CLIENT_ID", "-1"),
        ("IB_CLIENT_ID", "2147483648"),
    ],
)
def test_what_is_no_number_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"the environment variable {name} is ") as problem:
        surroundings({name: value})
    assert name in problem.value.hint


def test_they_fill_in_what_a_table_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"IB_HOST": "10.0.0.7", "IB_PORT": "4002", "IB_CLIENT_ID": "900"}.items():
        monkeypatch.setenv(name, value)
    found = gateway(tmp_path)
    assert (found.host, found.port, found.client_ids) == ("10.0.0.7", 4002, CLIENT_IDS)


def test_what_a_table_says_goes_before_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"IB_HOST": "10.0.0.7", "IB_PORT": "4002", "IB_CLIENT_ID": "900"}.items():
        monkeypatch.setenv(name, value)
    found = gateway(tmp_path, 'host = "::1"\nport = 4444\nclient_ids = [50, 60]')
    assert (found.host, found.port, found.client_ids) == ("::1", 4444, (50, 60))


def test_without_them_the_port_is_missing_and_the_rest_has_defaults(tmp_path: Path) -> None:
    with pytest.raises(
        MatrixError, match=r"\[\[gateway\]\] 1: port: is missing; expected a port here, or in .*IB_PORT"
    ):
        gateway(tmp_path)
    found = gateway(tmp_path, "port = 4002")
    assert (found.host, found.client_ids, found.concurrency) == ("127.0.0.1", (7300, 7399), 1)


@pytest.mark.parametrize(
    ("port", "said", "mode"),
    [
        (4001, "", "live"),
        (7496, "", "live"),
        (4002, "", "paper"),
        (4001, 'mode = "paper"', "paper"),
        (9000, "", "paper"),
    ],
)
def test_a_usual_live_port_is_live_unless_the_table_says_otherwise(
    tmp_path: Path, port: int, said: str, mode: str
) -> None:
    assert gateway(tmp_path, f"port = {port}\n{said}").mode == mode


def test_the_default_mode_does_not_make_a_live_port_paper(tmp_path: Path) -> None:
    assert gateway(tmp_path, "port = 7496", '[defaults]\nmode = "paper"').live
