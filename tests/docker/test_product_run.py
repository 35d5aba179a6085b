"""Whole runs against containers: turns, and where a login may be seen."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import psutil
from docker.errors import APIError

from tests.docker.images import Images
from tests.docker.product import LOGIN, OF_ANOTHER_USER, Command, gateway, matrix


def lives(images: Images, run: str, began: int) -> dict[str, tuple[float, float]]:
    """Of each gateway of a run: when its container was started and when it ended, as the engine tells."""
    started: dict[str, float] = {}
    ended: dict[str, float] = {}
    for event in images.engine.events(
        since=began,
        until=int(time.time()) + 1,
        filters={"label": f"ib-compat.run={run}", "type": "container", "event": ["start", "die"]},
        decode=True,
    ):
        times = started if event["Action"] == "start" else ended
        name = event["Actor"]["Attributes"]["ib-compat.gateway"]
        assert name not in times, f"{name} was booted twice"
        times[name] = event["timeNano"] / 1e9
    return {name: (at, ended[name]) for name, at in started.items()}


def test_those_that_share_a_login_take_turns_and_each_is_booted_once(images: Images, command: Command) -> None:
    versions = {"a1": "10.37.1r", "a2": "10.45.1j", "a3": "10.50.1d"}
    shared = [gateway(images, name, version) for name, version in versions.items()]
    file = matrix(command.folder, *shared, gateway(images, "b", **OF_ANOTHER_USER))
    began = int(time.time())
    command.ended(command.run(file))
    times = lives(images, command.latest()["run"]["id"], began)
    assert set(times) == {"a1", "a2", "a3", "b"}
    turns = sorted(times[name] for name in versions)
    assert all(before[1] <= after[0] for before, after in pairwise(turns))
    assert times["b"][0] < times["a2"][0]  # it waited for nobody
    cells = command.latest()["cells"]
    assert {cell["gateway"]: cell["status"] for cell in cells.values()} == dict.fromkeys(times, "pass")
    assert {cell["gateway"]: cell["negotiated"] for cell in cells.values()} == dict.fromkeys(times, 178)


def test_two_credentials_of_one_user_take_turns_too(images: Images, tmp_path: Path) -> None:
    same = {"OTHER_USERID": LOGIN["TWS_USERID"].upper(), "OTHER_PASSWORD": LOGIN["TWS_PASSWORD"]}
    command = Command(tmp_path, {**LOGIN, **same})
    file = matrix(tmp_path, gateway(images, "a"), gateway(images, "b", **{**OF_ANOTHER_USER, "PLAY_OTHERS": "EDEMO"}))
    began = int(time.time())
    command.ended(command.run(file))
    first, second = sorted(lives(images, command.latest()["run"]["id"], began).values())
    assert first[1] <= second[0]


def test_the_results_say_what_was_booted_and_who_waited(images: Images, command: Command) -> None:
    file = matrix(command.folder, gateway(images, "a1", "10.37.1r"), gateway(images, "a2", "10.45.1j"))
    command.ended(command.run(file))
    latest = command.latest()
    for name, version in (("a1", "10.37.1r"), ("a2", "10.45.1j")):
        boot = latest["gateways"][name]["boot"]
        assert (boot["build"], boot["failure"]) == (version, None)
        assert latest["gateways"][name]["artifacts"] == [f"gateways/{name}/container.log"]
        assert [probe["when"] for probe in latest["gateways"][name]["probes"]] == ["before", "between", "after"]
    steps = [(each["gateway"], each["what"]) for each in latest["timeline"]]
    assert steps == [
        ("a2", "waits"),
        *(("a1", what) for what in ("boots", "asked", "stops", "gone")),
        *(("a2", what) for what in ("boots", "asked", "stops", "gone")),
    ]


def test_a_gateway_that_does_not_come_up_leaves_the_others_theirs(images: Images, command: Command) -> None:
    file = matrix(
        command.folder, gateway(images, "sick", PLAY_LOGIN="desupported"), gateway(images, "well", version="10.50.1d")
    )
    command.ended(command.run(file), code=3)
    latest = command.latest()
    assert latest["gateways"]["sick"]["diagnosis"]["code"] == "desupported"
    assert {cell["gateway"]: cell["status"] for cell in latest["cells"].values()} == {"sick": "error", "well": "pass"}


def test_a_login_is_seen_nowhere(images: Images, tmp_path: Path) -> None:
    """In no argument of any process, not in what the engine tells, in no log, result or archive."""
    secret = tmp_path / "password"
    secret.write_text(LOGIN["TWS_PASSWORD"] + "\n", encoding="utf-8")
    command = Command(tmp_path / "mine", {"TWS_USERID": LOGIN["TWS_USERID"], "TWS_PASSWORD_FILE": str(secret)})
    command.folder.mkdir()
    process = command.run(matrix(command.folder, gateway(images)))
    seen, told = _while_it_runs(process, images)
    said = command.ended(process)
    archive = command.folder / "bundle.zip"
    command.ended(command.start("bundle", "--results", str(command.results), "--output", str(archive), "127.0.0.1:1"))
    kept = b"".join(file.read_bytes() for file in command.folder.rglob("*") if file.is_file())
    with ZipFile(archive) as packed:
        kept += b"".join(map(packed.read, packed.namelist()))
        assert [name for name in packed.namelist() if name.endswith("container.log")]
    assert told, "the engine told of no container"
    assert "IBC: Login has completed" in told
    for canary in LOGIN.values():
        assert canary not in seen
        assert canary not in told
        assert canary not in said
        assert canary.encode() not in kept


def _while_it_runs(process: subprocess.Popen[str], images: Images) -> tuple[str, str]:
    """The arguments of all processes, over and over, and what the engine tells of our containers and their logs."""
    seen, told = set[str](), set[str]()
    while process.poll() is None:
        seen |= {" ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"])}
        for container in images.engine.containers.list(all=True, filters=images.filter, ignore_removed=True):
            with suppress(APIError):  # it went meanwhile
                told.add(json.dumps(images.engine.api.inspect_container(str(container.id))) + container.logs().decode())
    return "\n".join(seen), "\n".join(told)
