"""What the doctor is asked to look at: addresses, usual ports, matrix files, simulated gateways."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness.diagnose.control.search import Patience
from harness.diagnose.host import UsualPort, usual_ports
from harness.doctor import subject as module
from harness.doctor.examine import Examination, examine
from harness.doctor.subject import Subject, at_address, at_usual_ports, unescaped
from harness.doctor.subjects import Asked, subjects
from harness.known.local_gateways import known
from harness.known.scenarios import Behaviour
from harness.shared.errors import GatewayError, SelectionError, UsageError
from harness.views.terminal.doctor_page import draw_examination
from harness.views.terminal.style import Style
from tests.commands import program
from tests.doctor.looking import SEEDS, playing, spec_of
from tests.gateways.simulator.test_standalone import simulating


def found(asked: Asked) -> tuple[Subject, ...]:
    async def open_and_leave() -> tuple[Subject, ...]:
        async with subjects(asked) as those:
            return those

    return asyncio.run(open_and_leave())


def free_ports(count: int) -> list[int]:
    """Numbers of ports at which nobody listens, all at once."""
    with ExitStack() as stack:
        held = [stack.enter_context(closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(count)]
        return [each.getsockname()[1] for each in held]


@pytest.mark.parametrize(
    ("text", "host", "port", "product"),
    [
        ("127.0.0.1:4001", "127.0.0.1", 4001, "gateway"),
        ("[::1]:7497", "::1", 7497, "tws"),
        ("[fe80::1%eth0]:7496", "fe80::1%eth0", 7496, "tws"),
        ("[::1]", "::1", 4002, "gateway"),
        ("4004", "127.0.0.1", 4004, "gateway"),
        (":4003", "127.0.0.1", 4003, "gateway"),
        ("localhost", "localhost", 4002, "gateway"),
        ("ib-gateway-1", "ib-gateway-1", 4002, "gateway"),
        ("gateway2:9000", "gateway2", 9000, None),
        ("192.168.1.25", "192.168.1.25", 4002, "gateway"),
        (" 10.0.0.7:65535 ", "10.0.0.7", 65535, None),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int, product: str | None) -> None:
    read = at_address(text)

    assert (read.host, read.port, read.product, read.name) == (host, port, product, text)


@pytest.mark.parametrize(
    "text", ["", " ", "0", "65536", "1234567", "127.0.0.1:", "127.0.0.1:0", "::1", "[::1]4002", "a b:1", "h:p", "[]:1"]
)
def test_what_is_no_address_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError, match="is not an address") as refused:
        at_address(text)

    assert "HOST:PORT" in refused.value.hint


def test_the_product_that_is_named_counts_more_than_the_usual_one_of_the_port() -> None:
    (subject,) = found(Asked(addresses=("127.0.0.1:4002",), product="tws", client_id=50))

    assert (subject.product, subject.client_id) == ("tws", 50)


def test_two_addresses_that_lead_to_one_gateway_do_not_get_in_each_others_way() -> None:
    """A forwarder's port and the one behind it are both usual ports."""

    async def look() -> list[str]:
        async with playing() as gateway:
            names = (f"127.0.0.1:{gateway.port}", f"localhost:{gateway.port}", str(gateway.port))
            async with subjects(Asked(addresses=names, client_id=50)) as found:
                seen = await asyncio.gather(*map(examine, found))
        return [each.case.found.plain.reason or "connected" for each in seen]

    assert asyncio.run(look()) == ["connected"] * 3


def test_client_ids_of_many_addresses_stay_out_of_other_programs_way() -> None:
    subjects = found(Asked(addresses=("4001", "4002", "4003", "4004"), client_id=40))

    assert [each.client_id for each in subjects] == [40, 28, 16, 14]


def test_a_name_that_nobody_has_is_examined_and_told() -> None:
    seen = asyncio.run(examine(at_address("no-such-host.invalid:4002")))

    assert (seen.verdict.code, seen.verdict.fault) == ("no-such-host", "settings")


def usual(ports: dict[int, str]) -> tuple[UsualPort, ...]:
    return tuple(UsualPort(number=port, product=product, mode="paper") for port, product in ports.items())


def at_these(
    ports: dict[int, str], monkeypatch: pytest.MonkeyPatch, look: Callable[[], Awaitable[tuple[Subject, ...]]]
) -> tuple[Subject, ...]:
    monkeypatch.setattr(module, "usual_ports", lambda: usual(ports))
    return asyncio.run(look())  # type: ignore[arg-type]


def test_what_listens_on_a_usual_port_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody, port, other = free_ports(3)

    async def look() -> tuple[Subject, ...]:
        async with playing(port=port), playing("silent", port=other):
            return await at_usual_ports(client_id=77)

    subjects = at_these({nobody: "gateway", port: "tws", other: "gateway"}, monkeypatch, look)

    assert [(each.port, each.product, each.client_id) for each in subjects] == [
        (port, "tws", 77),
        (other, "gateway", 77),
    ]


def test_a_gateway_on_a_usual_port_is_healthy_where_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setattr(module, "usual_ports", lambda: usual({port: "gateway"}))

    async def look() -> str:
        async with playing(port=port), subjects(Asked()) as (subject,):
            return (await examine(subject)).verdict.code

    assert asyncio.run(look()) == "healthy"


def test_a_port_that_takes_connections_and_never_accepts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look() -> tuple[Subject, ...]:
        return await at_usual_ports()

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        assert [each.port for each in at_these({port: "tws"}, monkeypatch, look)] == [port]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves connects unanswered")
def test_a_port_whose_queue_is_full_is_found_though_it_takes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look() -> bool:
        async with playing("queue-full") as gateway:
            monkeypatch.setattr(module, "usual_ports", lambda: usual({free: "gateway", gateway.port: "tws"}))
            return [each.port for each in await at_usual_ports()] == [gateway.port]

    (free,) = free_ports(1)
    assert asyncio.run(look())


def test_the_product_that_is_named_is_that_of_the_usual_ports_too(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setattr(module, "usual_ports", lambda: usual({port: "gateway"}))
    monkeypatch.setattr(module, "PAPER_GATEWAY", port)

    (subject,) = found(Asked(product="tws"))

    assert (subject.port, subject.product) == (port, "tws")


def test_where_nothing_listens_it_is_the_paper_gateway_that_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = free_ports(2)
    monkeypatch.setattr(module, "PAPER_GATEWAY", second)

    async def look() -> tuple[Subject, ...]:
        return await at_usual_ports()

    (subject,) = at_these({first: "gateway", second: "gateway"}, monkeypatch, look)
    assert (subject.port, subject.product) == (second, "gateway")


def test_the_usual_ports_are_those_of_both_products_and_of_containers() -> None:
    ports = usual_ports()
    assert {each.number for each in ports if each.product == "gateway"} == {4001, 4002, 4003, 4004}
    assert {each.number for each in ports if each.product == "tws"} == {7496, 7497, 7498, 7499}
    assert {each.number for each in ports if each.mode == "live"} == {4001, 4003, 7496, 7498}
    assert {each.number for each in ports if each.forwarded} == {4003, 4004, 7498, 7499}


def test_gateways_of_a_matrix_file_are_picked_by_name() -> None:
    names = [each.name for each in found(Asked(matrix=SEEDS, gateways=("a-*", "*-read-only")))]

    assert names == ["a-accepted-and-silent", "h-read-only"]


def test_a_gateway_of_a_matrix_file_brings_what_the_file_says_of_it() -> None:
    (subject,) = found(Asked(matrix=SEEDS, gateways=("c-*",)))

    assert (subject.product, subject.expected, subject.probe) == ("gateway", "probe-malformed", b"API=9.72\0")
    assert subject.machine.system == "windows"
    assert subject.spec is not None


def test_a_simulated_gateway_is_of_the_product_that_is_asked() -> None:
    (subject,) = found(Asked(scenario="silent", product="tws", client_id=60))

    assert (subject.name, subject.product, subject.client_id) == ("silent", "tws", 60)
    assert subject.expected == "accepted-and-silent"


def test_a_simulated_gateway_with_keys_of_its_own_has_no_verdict_to_get() -> None:
    (subject,) = found(Asked(scenario="silent", behaviour=Behaviour(max_clients=3)))

    assert subject.expected is None


def test_a_hello_that_is_named_counts_more_than_that_of_the_file() -> None:
    (subject,) = found(Asked(matrix=SEEDS, gateways=("c-*",), hello=r"API\0"))

    assert subject.probe == b"API\0"


@pytest.mark.parametrize(
    ("text", "sent"),
    [(r"API\0\0\0\0\x09v100..176", b"API\0\0\0\0\tv100..176"), (r"API=9.72\0", b"API=9.72\0"), ("é\\n", b"\xe9\n")],
)
def test_escapes_are_read_as_a_shell_reads_them(text: str, sent: bytes) -> None:
    assert unescaped(text) == sent


@pytest.mark.parametrize("text", ["API\\", "\\x4", "\\N{no such name}", "\\u12"])
def test_an_escape_that_is_none_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError, match="is not text with valid escapes") as refused:
        found(Asked(addresses=("127.0.0.1:4002",), hello=text))

    assert refused.value.hint


@pytest.mark.parametrize(
    ("asked", "says", "hint"),
    [
        (Asked(addresses=("4002",), matrix=SEEDS), "addresses and --matrix cannot be combined", "one source"),
        (Asked(addresses=("4002",), scenario="silent"), "addresses and --simulate cannot be combined", "one source"),
        (Asked(matrix=SEEDS, scenario="silent"), "--matrix and --simulate cannot be combined", "one source"),
        (Asked(gateways=("a-*",)), "--gateway needs a matrix file", "--matrix"),
        (Asked(addresses=("4002",), behaviour=Behaviour(max_clients=1)), "--set needs", "--simulate"),
        (Asked(behaviour=Behaviour(max_clients=1)), "--set needs", "--simulate"),
        (Asked(matrix=SEEDS, product="tws"), "--product and --client-id cannot be combined with --matrix", "has both"),
        (Asked(matrix=SEEDS, client_id=50), "--product and --client-id cannot be combined with --matrix", "has both"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_hint(asked: Asked, says: str, hint: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        found(asked)

    assert hint in refused.value.hint


def test_a_gateway_that_the_matrix_file_does_not_have_is_told_with_those_that_it_has() -> None:
    with pytest.raises(SelectionError, match="has no gateway z-") as refused:
        found(Asked(matrix=SEEDS, gateways=("z-*",)))

    assert "b-never-read" in refused.value.hint


def test_a_scenario_that_nobody_knows_is_told_with_the_nearest_that_there_is() -> None:
    with pytest.raises(SelectionError, match="'dialog'; did you mean 'pending-dialog'") as refused:
        found(Asked(scenario="dialog"))

    assert "ib-compat scenarios" in refused.value.hint


def test_a_matrix_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.toml"):
        found(Asked(matrix=tmp_path / "missing.toml"))


def test_a_simulated_gateway_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        file = tmp_path / "mine.toml"
        spec = spec_of()
        file.write_text(
            '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n'
            f'[[gateway]]\nkind = "simulator"\nproduct = "{spec.product}"\nversion = "{spec.version}"\nport = {port}\n',
            encoding="utf-8",
        )
        with pytest.raises(GatewayError, match="the port is in use"):
            found(Asked(matrix=file))


def test_the_address_that_the_users_programs_use_goes_before_the_usual_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_HOST", "::1")
    monkeypatch.setenv("IB_PORT", "4444")
    monkeypatch.setenv("IB_CLIENT_ID", "7390")

    (only,) = found(Asked())

    assert (only.name, only.host, only.port, only.client_id) == ("[::1]:4444", "::1", 4444, 7690)


def test_an_address_on_the_command_line_goes_before_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_PORT", "4444")

    (only,) = found(Asked(addresses=("127.0.0.1:4002",)))

    assert only.port == 4002


def test_a_live_container_is_brought_up_only_when_that_is_asked_for(tmp_path: Path) -> None:
    library = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n'
    live = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "docker"\nmode = "live"\n'
    file = tmp_path / "matrix.toml"
    file.write_text(library + live, encoding="utf-8")

    with pytest.raises(UsageError, match=r"gateway-10\.45-live: starting it is a login with real money behind it"):
        found(Asked(matrix=file))


def test_two_containers_of_one_login_are_not_looked_at_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TWS", "OTHER"):
        monkeypatch.setenv(f"{name}_USERID", "Somebody" if name == "TWS" else "somebody")
        monkeypatch.setenv(f"{name}_PASSWORD", "secret")
    library = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n'
    one = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "docker"\n'
    other = one.replace("10.45", "10.50") + 'credential = "OTHER"\n'
    file = tmp_path / "matrix.toml"
    file.write_text(library + one + other, encoding="utf-8")

    with pytest.raises(UsageError, match="have the same login, and a login has one session"):
        found(Asked(matrix=file))


def test_a_wrong_port_is_told_with_what_answers_at_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at the asked port, and a Gateway at another usual one."""
    wrong, right = free_ports(2)
    ports = tuple(usual({wrong: "tws", right: "gateway"}))
    monkeypatch.setattr("harness.diagnose.host.machine_look.known", lambda: replace(known(), ports=ports))

    async def look() -> Examination:
        async with playing(port=right):
            return await examine(at_address(str(wrong)))

    seen = asyncio.run(look())
    assert (seen.verdict.code, seen.verdict.sure) == ("wrong-port", "certain")
    assert f"127.0.0.1:{right} answers" in seen.verdict.says
    assert "DU9000001" not in draw_examination(seen, width=100, style=Style())


def test_nobody_is_connected_to_in_order_to_find_who_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setattr(module, "usual_ports", lambda: usual({port: "gateway"}))

    async def look() -> tuple[list[int], int]:
        behaviour = Behaviour(wedges_after_mute=1)
        async with playing(port=port, behaviour=behaviour) as gateway:
            return [each.port for each in await at_usual_ports()], gateway.kept.mute

    assert asyncio.run(look()) == ([port], 0)


def test_a_simulated_gateway_of_another_process_is_called_one() -> None:
    deaf = ("--gateway", "10.45", "--port", "0", "--scenario", "deaf", "--quiet")
    with simulating(*deaf, start=program) as (_, _, port):
        seen = asyncio.run(examine(at_address(str(port)), patience=Patience(plain=0.5, again=0.1, more=0.3)))
    assert (seen.verdict.code, "simulated" in seen.verdict.says) == ("never-read", True)
