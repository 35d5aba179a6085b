"""What ``jts.ini`` says, wherever it is found; what else stands in it never comes out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NoReturn

import pytest

from harness.diagnose.host import HostView, Settings, document, look
from harness.diagnose.host.processes import _contained
from tests.diagnose.host.conftest import USER
from tests.diagnose.host.ends import not_on_windows, program

JTS_INI = f"""\
[IBGateway]
WriteDebug=false
TrustedIPs=127.0.0.1, 192.0.2.7
ApiOnly=true
LocalServerPort=4000

[Logon]
UserNameToDirectory={USER},lmlhjpipknpfikjeaacekjjnglecmonnjjgmalnl
TrustedIPs=198.51.100.1
s3store=true
this line is nothing
"""
EMPTY = "[Logon]\nApiOnly=true\n"


def write(folder: Path, text: str = JTS_INI) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "jts.ini"
    file.write_text(text, encoding="utf-8")
    return file


def found(view: HostView) -> dict[str, Settings]:
    return {each.path.replace("\\", "/"): each for each in view.settings}


def test_the_keys_that_concern_api_clients_are_read_and_no_other(home: Path) -> None:
    write(home / "Jts")
    view = look("127.0.0.1", None)
    settings = found(view)["~/Jts/jts.ini"]
    assert (settings.api_only, settings.trusted_ips) == (True, ("127.0.0.1", "192.0.2.7"))
    assert settings.ports == {"LocalServerPort": 4000}
    told = json.dumps(document(view))
    assert USER not in told
    assert "lmlhjpip" not in told


@pytest.mark.parametrize("text", ["", EMPTY, "[IBGateway]\nApiOnly=maybe\nLocalServerPort=none\n", "\0\xff=[["])
def test_what_is_not_said_is_not_known(home: Path, text: str) -> None:
    write(home / "Jts", text)
    settings = found(look("127.0.0.1", None))["~/Jts/jts.ini"]
    assert (settings.api_only, settings.trusted_ips, settings.ports) == (None, None, {})


def test_no_trusted_address_is_not_the_same_as_nothing_said(home: Path) -> None:
    write(home / "Jts", "\ufeff[IBGateway]\r\nTrustedIPs=\r\nApiOnly=false\r\n")
    settings = found(look("127.0.0.1", None))["~/Jts/jts.ini"]
    assert (settings.api_only, settings.trusted_ips) == (False, ())


def test_settings_are_found_in_every_usual_place_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWS_SETTINGS_PATH", str(home / "tws_settings_paper"))
    for place in ("Jts", "Jts/ibgateway/1045", "tws_settings_paper"):
        write(home / place)
    paths = [each.path.replace("\\", "/") for each in look("127.0.0.1", None).settings]
    assert {path for path in paths if path.startswith("~")} == {
        "~/Jts/jts.ini",
        "~/Jts/ibgateway/1045/jts.ini",
        "~/tws_settings_paper/jts.ini",
    }
    assert len(paths) == len(set(paths))


@not_on_windows
@pytest.mark.parametrize("argument", ["{}", "-DjtsConfigDir={}"])
def test_settings_are_found_where_a_running_gateway_was_told_to_keep_them(home: Path, argument: str) -> None:
    write(home / "elsewhere" / "live")
    (home / "bin").mkdir()
    classpath = ":".join(f"/opt/jars/{number:040}.jar" for number in range(200))
    arguments = ("install4j.ibgateway.GWClient", classpath, argument.format(home / "elsewhere" / "live"))
    with program("java", home / "bin", *arguments):
        assert "~/elsewhere/live/jts.ini" in found(look("127.0.0.1", None))


@not_on_windows
def test_a_place_that_is_not_absolute_is_not_taken_for_one_of_ours(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("told", "named"):
        write(home / place)
    (home / "bin").mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("TWS_SETTINGS_PATH", "named")
    with program("java", home / "bin", "install4j.ibgateway.GWClient", "told"):
        assert {path for path in found(look("127.0.0.1", None)) if path.startswith(("~", "told", "named"))} == set()


@not_on_windows
def test_a_home_folder_that_is_a_link_is_not_shown_either(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "Jts")
    link = home.parent / "link"
    link.symlink_to(home)
    monkeypatch.setenv("HOME", str(link))
    assert "~/Jts/jts.ini" in found(look("127.0.0.1", None))


@not_on_windows
def test_settings_are_found_in_the_working_directory_of_a_gateway(home: Path) -> None:
    write(home / "working")
    with program("ibgateway", home / "working"):
        assert "~/working/jts.ini" in found(look("127.0.0.1", None))


@not_on_windows
def test_a_gateway_in_a_container_is_seen_and_its_files_are_not_read(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.diagnose.host.processes._contained", lambda _: True)
    write(home / "working")
    with program("ibgateway", home / "working") as (pid, _):
        view = look("127.0.0.1", None)
    assert pid in {each.pid for each in view.processes}
    assert "~/working/jts.ini" not in found(view)
    assert any(f"Process {pid} (gateway) has a network of its own" in sentence for sentence in view.unseen)


@not_on_windows
def test_a_container_is_told_by_its_network(tmp_path: Path) -> None:
    for process, network in (("self", "net:[1]"), ("10", "net:[1]"), ("11", "net:[2]")):
        (tmp_path / process / "ns").mkdir(parents=True)
        (tmp_path / process / "ns" / "net").symlink_to(network)
    assert [_contained(pid, tmp_path) for pid in (10, 11, 12)] == [False, True, False]


@pytest.mark.parametrize("method", ["stat", "open"])
def test_settings_that_may_not_be_read_are_named(home: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    write(home / "Jts")
    ordinary = getattr(Path, method)

    def refusing(path: Path, *arguments: object, **options: object) -> object:
        if path.name == "jts.ini":
            refuse()
        return ordinary(path, *arguments, **options)

    monkeypatch.setattr(Path, method, refusing)
    view = look("127.0.0.1", None)
    assert "~/Jts/jts.ini" not in found(view)
    assert any("~/Jts/jts.ini may not be read" in sentence.replace("\\", "/") for sentence in view.unseen)


def refuse() -> NoReturn:
    raise PermissionError(13, "Permission denied")


@not_on_windows
def test_what_is_no_ordinary_file_is_not_opened(home: Path) -> None:
    (home / "Jts").mkdir()
    os.mkfifo(home / "Jts" / "jts.ini")
    assert "~/Jts/jts.ini" not in found(look("127.0.0.1", None))
