"""Which process is what, of real processes and of names and arguments seen in the world."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from harness.diagnose.host import Kind, look
from harness.diagnose.host.processes import Processes, kind_of
from tests.diagnose.host.ends import not_on_windows, program, seen

JARS = "/home/u/Jts/ibgateway/1045/jars/jts4launch-1045.jar:/opt/ibc/IBC.jar"


def denied(*_: object) -> NoReturn:
    raise psutil.AccessDenied


def ended(*_: object) -> NoReturn:
    raise psutil.NoSuchProcess(1)


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("java", ["java", "-cp", JARS, "ibcalpha.ibc.IbcGateway", "config.ini"], Kind.GATEWAY),
        ("java", ["java", "-cp", JARS.replace("/ibgateway", ""), "ibcalpha.ibc.IbcTws", "config.ini"], Kind.TWS),
        ("java", ["/opt/jre/bin/java", "install4j.ibgateway.GWClient", "/home/u/Jts"], Kind.GATEWAY),
        ("java", ["/opt/jre/bin/java", "install4j.jclient.LoginFrame", "/home/u/Jts"], Kind.TWS),
        ("javaw.exe", ["javaw", "-cp", r"C:\Jts\ibgateway\1045\jars\total.jar", "Main"], Kind.GATEWAY),
        ("java.exe", ["java", "-cp", r"C:\Jts\1045\jars\total.jar", "Main"], Kind.TWS),
        ("JavaApplicationStub", ["/Applications/IB Gateway 10.45/IB Gateway 10.45.app/stub"], Kind.GATEWAY),
        ("ibgateway.exe", [], Kind.GATEWAY),
        ("tws", [], Kind.TWS),
        ("socat", ["socat", "TCP-LISTEN:4004,fork", "TCP:127.0.0.1:4002"], Kind.FORWARDER),
        ("docker-proxy", [], Kind.FORWARDER),
        ("com.docker.backend.exe", [], Kind.FORWARDER),
        ("ssh", [], Kind.FORWARDER),
        ("wslrelay.exe", [], Kind.FORWARDER),
        ("java", ["java", "-jar", "/home/u/IBJts/source/JavaClient/client.jar"], Kind.OTHER),
        ("java", None, Kind.UNKNOWN),
        ("tail", ["tail", "-f", "/home/u/Jts/ibgateway/1045/jars/x.log"], Kind.OTHER),
        ("python3", None, Kind.OTHER),
        ("python3", ["python3", "bot.py"], Kind.OTHER),
        ("python3.11", ["/usr/bin/python3.11", "/usr/local/bin/ib-compat", "simulate"], Kind.OURS),
        ("python.exe", ["python", r"C:\Scripts\ib-compat.exe", "simulate"], Kind.OURS),
        ("python3", ["python3", "-m", "harness", "simulate"], Kind.OURS),
        ("ib-compat", [], Kind.OURS),
    ],
)
def test_a_process_is_told_by_its_name_or_by_the_arguments_of_java(
    name: str, arguments: list[str] | None, kind: Kind
) -> None:
    assert kind_of(name, arguments) is kind


@not_on_windows
def test_a_gateway_that_listens_is_the_owner_of_its_port(tmp_path: Path) -> None:
    before = time.time()
    with program("java", tmp_path, "install4j.ibgateway.GWClient", listens=True) as (pid, port):
        view = look("127.0.0.1", port)
    assert view.listener is not None
    owner = view.listener.owner
    assert (owner.kind, owner.name, owner.pid) == (Kind.GATEWAY, "java", pid)
    assert owner.started is not None
    assert owner.uptime(owner.started + 60) == 60
    assert owner.started > before - 5  # the kernel counts from its start in ticks
    assert owner in view.processes


@not_on_windows
def test_a_gateway_that_does_not_listen_is_seen_to_run(tmp_path: Path) -> None:
    with program("ibgateway", tmp_path) as (pid, _):
        found = {each.pid: each.kind for each in look("127.0.0.1", None).processes}
    assert found[pid] is Kind.GATEWAY


@not_on_windows
def test_a_forwarder_owns_the_port_and_is_no_gateway(tmp_path: Path) -> None:
    with program("socat", tmp_path, listens=True) as (pid, port):
        view = seen(port, lambda view: view.listener is not None)
    assert view.listener is not None
    assert (view.listener.owner.kind, view.listener.owner.pid) == (Kind.FORWARDER, pid)
    assert pid not in {each.pid for each in view.processes}


@not_on_windows
def test_java_of_another_user_may_be_a_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "cmdline", denied)
    unseen: list[str] = []
    with program("java", tmp_path, "install4j.ibgateway.GWClient") as (pid, _):
        owner = Processes(unseen).owner(pid)
    assert (owner.kind, owner.name) == (Kind.UNKNOWN, "java")
    assert any(str(pid) in sentence for sentence in unseen)


@not_on_windows
def test_a_gateway_whose_files_may_not_be_seen_is_a_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "cwd", denied)
    with program("ibgateway", tmp_path) as (pid, _):
        view = look("127.0.0.1", None)
    assert pid in {each.pid for each in view.processes}
    assert any(str(pid) in sentence for sentence in view.unseen)


@pytest.mark.parametrize("method", ["name", "create_time"])
def test_a_process_that_may_not_be_seen_is_said(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(psutil.Process, method, denied)
    unseen: list[str] = []
    owner = Processes(unseen).owner(os.getpid())
    assert (owner.kind, owner.name, owner.pid) == (Kind.UNKNOWN, None, os.getpid())
    assert unseen == ["What some processes are may not be seen by this user."]


@pytest.mark.parametrize("method", ["name", "create_time", "cmdline", "cwd"])
@not_on_windows
def test_a_process_that_ends_while_it_is_looked_at_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str
) -> None:
    unseen: list[str] = []
    with program("java", tmp_path, "install4j.ibgateway.GWClient") as (pid, _):
        monkeypatch.setattr(psutil.Process, method, ended)
        found = Processes(unseen).applications()
    assert pid not in {each.owner.pid for each in found}
    assert unseen == []


def test_where_no_process_may_be_seen_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "pids", denied)
    unseen: list[str] = []
    assert Processes(unseen).applications() == ()
    assert unseen
