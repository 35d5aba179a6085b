"""A gateway that comes up in a container: what is asked of the engine, what is kept, and that nothing is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.diagnose.control import probe
from harness.gateways.kinds import open_gateway
from harness.gateways.opened import OpenGateway, Opening
from harness.known.images import load
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.shared.evidence import BootRecord, ProbeRecord
from tests.gateways.docker.bringing import PASSWORD, USERID, Told, behind, brought_up, docker
from tests.gateways.docker.played import ASKS, BOOTING, DIGEST, IMAGE, LOGGED_IN, PlayedEngine, Script, image
from tests.gateways.simulator.talk import run

TELLING = Script((*BOOTING, f"{USERID} and {PASSWORD} and DU9000001", f"as {USERID.upper()}", LOGGED_IN))


def kept(folder: Path) -> str:
    return (folder / "gateways" / "gateway-10.45.1j-paper" / "container.log").read_text("utf-8")


def test_it_is_up_once_it_is_logged_in_and_answers(engine: PlayedEngine) -> None:
    async def scenario() -> tuple[OpenGateway, ProbeRecord]:
        async with behind(engine), open_gateway(docker()) as opened:
            return opened, await probe(opened.host, opened.port, client_id=1, timeout=5)

    opened, inside = run(scenario())
    assert (opened.host, opened.port, opened.delicate) == ("127.0.0.1", engine.port, True)
    assert inside.passed
    assert opened.boot is not None
    assert list(opened.boot.seconds) == ["image", "container", "login", "hello"]
    assert sorted(opened.boot.seconds.values()) == list(opened.boot.seconds.values())
    assert opened.boot == BootRecord(
        image=IMAGE, digest=DIGEST, build="10.45.1j", ibc="3.24.1", seconds=opened.boot.seconds
    )


def test_the_container_is_stopped_and_then_removed(engine: PlayedEngine) -> None:
    brought_up(engine, docker())
    assert engine.containers == {}
    assert engine.calls()[-2:] == ["stop", "remove"]
    removed = next(request.line for request in engine.requests if request.call == "remove")
    assert "v=True" in removed
    assert engine.only().stopped


def test_its_port_is_published_for_this_machine_alone_and_nothing_restarts_it(engine: PlayedEngine) -> None:
    brought_up(engine, docker())
    body = engine.only().body
    assert body["HostConfig"]["PortBindings"] == {"4004/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}
    assert body["HostConfig"]["RestartPolicy"]["Name"] == "no"
    assert not body["HostConfig"].get("AutoRemove")
    assert body["Image"] == f"sha256:{'a' * 64}", "what was looked at, whatever its tag means by now"


def test_a_live_one_publishes_the_live_port_and_limits_are_the_profile_s(engine: PlayedEngine) -> None:
    profile = load()["gnzsnz"].model_copy(update={"nofile": 10_000})
    brought_up(engine, docker(mode="live", profile=profile))
    host = engine.only().body["HostConfig"]
    assert list(host["PortBindings"]) == ["4003/tcp"]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 10_000, "Hard": 10_000}]


def test_names_and_labels_tell_run_gateway_and_owner(engine: PlayedEngine) -> None:
    brought_up(engine, docker(name="gateway+1"), Told().opening(run_id="run-1"))
    container = engine.only()
    assert container.name.startswith("ib-compat-run-1-gateway-1-")
    labels = container.body["Labels"]
    assert (labels["ib-compat"], labels["ib-compat.run"], labels["ib-compat.gateway"]) == ("1", "run-1", "gateway+1")
    assert labels["ib-compat.owner"]
    assert "ib-compat.reuse" not in labels


def test_the_login_goes_in_as_files_of_the_image_s_user_before_the_start(engine: PlayedEngine) -> None:
    brought_up(engine, docker())
    container = engine.only()
    assert engine.calls().index("create") < engine.calls().index("put") < engine.calls().index("start")
    files = container.files()
    assert (files["ib-compat"].mode, files["ib-compat"].uid) == (0o700, 1000)
    assert {file.mode for file in files.values() if file.isfile()} == {0o600}
    assert {(file.uid, file.gid) for file in files.values()} == {(1000, 1000)}
    assert container.content("ib-compat/tws_userid").decode() == USERID
    assert container.content("ib-compat/tws_password_file").decode() == PASSWORD
    assert "TWS_PASSWORD_FILE=/ib-compat/tws_password_file" in container.body["Env"]
    assert container.body["Entrypoint"] == ["/bin/sh"]
    assert container.body["Cmd"] == [
        *("/ib-compat/start.sh", "TWS_USERID=/ib-compat/tws_userid", "--"),
        "/home/ibgateway/scripts/run.sh",
    ]


@pytest.mark.parametrize(("user", "owner"), [("4711", (4711, 4711)), ("12:34", (12, 34)), ("ib", (1000, 1000))])
def test_files_belong_to_the_user_that_the_image_names(user: str, owner: tuple[int, int], engine: PlayedEngine) -> None:
    engine.images[IMAGE]["Config"]["User"] = user
    brought_up(engine, docker())
    assert {(file.uid, file.gid) for file in engine.only().files().values()} == {owner}


def everything_but_files(engine: PlayedEngine) -> Iterable[str]:
    for request in engine.requests:
        if request.call != "put":
            yield f"{request.line}\n{request.headers}\n{request.body.decode('utf-8')}"


@pytest.mark.parametrize("reuse", [False, True])
def test_the_login_is_in_no_other_request_no_log_and_no_record(
    reuse: bool,  # noqa: FBT001
    engine: PlayedEngine,
    tmp_path: Path,
) -> None:
    engine.script = TELLING
    told = Told()
    opened = brought_up(engine, docker(reuse=reuse), told.opening(tmp_path))
    shown = [*everything_but_files(engine), kept(tmp_path), repr(opened), *told.notes, repr(told.progress)]
    escaped = json.dumps(PASSWORD)[1:-1]
    for text in shown:
        assert USERID not in text.lower()
        assert PASSWORD not in text
        assert escaped not in text
    assert "*** and *** and DU9***01\nas ***\n" in kept(tmp_path)


def test_the_log_is_kept_to_the_container_s_last_word(engine: PlayedEngine, tmp_path: Path) -> None:
    engine.script.last_words = (".> Stopping",)
    opened = brought_up(engine, docker(), Told().opening(tmp_path))
    assert opened.artifacts == ("gateways/gateway-10.45.1j-paper/container.log",)
    assert kept(tmp_path).splitlines() == [*BOOTING, LOGGED_IN, ".> Stopping"]


def test_without_a_folder_nothing_is_kept(engine: PlayedEngine) -> None:
    assert brought_up(engine, docker(), Opening()).artifacts == ()


def test_the_exact_build_is_read_from_the_log_where_the_image_does_not_say_it(engine: PlayedEngine) -> None:
    engine.images[IMAGE] = image("mirror/ib-gateway", Env=[])
    boot = brought_up(engine, docker()).boot
    assert boot is not None
    assert (boot.build, boot.digest) == ("10.45.1j", None), "a digest of another repository is not this one's"


def test_a_person_is_told_that_it_waits_for_a_second_factor(engine: PlayedEngine) -> None:
    engine.script = Script((*BOOTING, ASKS, ASKS, LOGGED_IN))
    told = Told()
    brought_up(engine, docker(start_timeout=0.5, two_factor_timeout=20.0), told.opening())
    (note,) = told.notes
    assert note.startswith("gateway-10.45.1j-paper: it waits for its second factor: confirm it within 20 s")


@pytest.mark.slow
def test_a_person_has_the_time_for_the_second_factor_whatever_a_start_may_take(engine: PlayedEngine) -> None:
    engine.script = Script((*BOOTING, ASKS))

    def confirm(_: str) -> None:
        asyncio.get_running_loop().call_later(2.2, lambda: engine.says(engine.only(), LOGGED_IN))

    opened = brought_up(engine, docker(start_timeout=2.0, two_factor_timeout=20.0), Opening(note=confirm))
    assert opened.boot is not None
    assert opened.boot.failure is None


def test_what_takes_long_is_told_and_its_end_too(engine: PlayedEngine) -> None:
    told = Told()
    brought_up(engine, docker(), told.opening())
    assert told.progress == [
        ("waits for its login", None),
        ("waits for its API", None),
        ("", None),
    ]


def layer(status: str, **more: object) -> dict[str, object]:
    return {"id": "abc", "status": status, **more}


def test_a_missing_image_is_pulled_with_its_progress(engine: PlayedEngine) -> None:
    engine.registry[IMAGE] = engine.images.pop(IMAGE)
    engine.pulling = [
        {"status": "Pulling from gnzsnz/ib-gateway", "id": "10.45.1j"},
        layer("Downloading", progressDetail={"current": 25, "total": 100}),
        layer("Downloading", progressDetail={"current": 75, "total": 100}),
        layer("Download complete"),
    ]
    told = Told()
    brought_up(engine, docker(), told.opening())
    words = f"pulls {IMAGE}"
    assert told.progress[:5] == [(words, None), (words, 0.25), (words, 0.75), (words, 1.0), ("", None)]


@pytest.mark.parametrize(("pull", "pulls"), [("missing", 0), ("always", 1), ("never", 0)])
def test_an_image_that_is_there_is_pulled_only_if_that_is_wanted(pull: str, pulls: int, engine: PlayedEngine) -> None:
    engine.registry[IMAGE] = engine.images[IMAGE]
    brought_up(engine, docker(pull=pull))
    assert engine.calls().count("pull") == pulls


def test_a_login_may_come_from_files(engine: PlayedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "user").write_text("other\n", encoding="utf-8")
    (tmp_path / "word").write_text("  a b \r\n", encoding="utf-8")
    monkeypatch.setenv("SECOND_USERID_FILE", str(tmp_path / "user"))
    monkeypatch.setenv("SECOND_PASSWORD_FILE", str(tmp_path / "word"))
    brought_up(engine, docker(credential="SECOND"))
    assert engine.only().content("ib-compat/tws_userid") == b"other"
    assert engine.only().content("ib-compat/tws_password_file") == b"  a b "


def test_an_error_among_the_cells_removes_it_too(engine: PlayedEngine) -> None:
    async def scenario(wanted: GatewaySpec) -> None:
        async with behind(engine), open_gateway(wanted):
            raise LookupError

    for reuse in (False, True):
        with pytest.raises(LookupError):
            run(scenario(docker(reuse=reuse)))
        assert engine.containers == {}


def test_what_cannot_be_removed_is_said_and_ends_nothing(engine: PlayedEngine) -> None:
    engine.refuses["remove"] = (500, "driver failed")
    told = Told()
    opened = brought_up(engine, docker(), told.opening())
    assert opened.boot is not None
    (note,) = told.notes
    assert "is left: " in note
    assert "driver failed" in note
    assert "`ib-compat clean` removes it" in note


def test_one_that_ends_while_it_is_asked_leaves_its_exit_code_and_last_line(
    engine: PlayedEngine, tmp_path: Path
) -> None:
    async def scenario() -> tuple[BootRecord, BootRecord]:
        async with behind(engine), open_gateway(docker(), Opening(folder=tmp_path)) as opened:
            assert opened.again is not None
            before = await opened.again()
            engine.says(engine.only(), "java.lang.OutOfMemoryError: Java heap space")
            engine.ends(engine.only(), 137)
            return before, await opened.again()

    before, after = run(scenario())
    assert (before.failure, before.exit_code, before.line) == (None, None, None)
    assert (after.failure, after.exit_code) == (None, 137)
    assert after.line == "java.lang.OutOfMemoryError: Java heap space"
