"""What the image makes of its environment: names, files, what excludes what, and who it runs as."""

from __future__ import annotations

import io
import tarfile

import pytest
from docker.models.containers import Container

from tests.docker.conftest import Start

SECRET = "/run/secrets/password"  # noqa: S105  # where it is, not what it is


def put_secret(container: Container, text: str = "demouser\n") -> None:
    """Copy a password into a container that has not started: mode 0600, and the image's user has it."""
    data, archive = text.encode(), io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        folder, file = tarfile.TarInfo("secrets"), tarfile.TarInfo("secrets/password")
        folder.type, folder.mode, file.mode, file.size = tarfile.DIRTYPE, 0o700, 0o600, len(data)
        for member in (folder, file):
            member.uid = member.gid = 1000
        tar.addfile(folder)
        tar.addfile(file, io.BytesIO(data))
    assert container.put_archive("/run", archive.getvalue())


def test_a_password_in_a_file_that_is_copied_in_logs_in(start: Start) -> None:
    running = start(put_secret, TWS_PASSWORD="", TWS_PASSWORD_FILE=SECRET)
    assert "demouser" not in running.says("Login has completed")


def test_the_image_s_user_reads_a_file_of_its_own_and_is_not_root(start: Start) -> None:
    running = start(put_secret)
    running.says("Login has completed")
    code, said = running.container.exec_run(["sh", "-c", f"id -u; cat {SECRET}; stat -c %a {SECRET}"])
    assert isinstance(said, bytes)
    assert (code, said.decode().split()) == (0, ["1000", "demouser", "600"])


def test_a_password_and_a_file_exclude_each_other(start: Start) -> None:
    running = start(put_secret, TWS_PASSWORD_FILE=SECRET)
    assert running.exits() == 1
    assert "error: both TWS_PASSWORD and TWS_PASSWORD_FILE are set (but are exclusive)\n" in running.log()
    assert "Starting Gateway" not in running.log()


def test_live_and_paper_passwords_in_two_forms_exclude_each_other(start: Start) -> None:
    running = start(
        put_secret,
        TRADING_MODE="both",
        TWS_USERID_PAPER="edemopaper",
        TWS_PASSWORD_PAPER_FILE=SECRET,
    )
    assert running.exits() == 1
    assert "error: both TWS_PASSWORD and TWS_PASSWORD_FILE are set (but are exclusive)\n" in running.log()


@pytest.mark.parametrize("mode", ["demo", "Paper", ""])
def test_a_trading_mode_that_does_not_exist_ends_it(start: Start, mode: str) -> None:
    running = start(TRADING_MODE=mode)
    assert running.exits() == 1
    assert f".> Invalid TRADING_MODE: {mode}\n" in running.log()


def test_an_image_tells_its_version_and_what_it_runs(start: Start) -> None:
    image = start(version="10.37.1r").container.image
    assert image is not None
    settings = image.attrs["Config"]
    assert {"IB_GATEWAY_VERSION=10.37.1r", "GATEWAY_OR_TWS=gateway"} <= set(settings["Env"])
    assert (settings["Entrypoint"], settings["Cmd"]) == (None, ["/home/ibgateway/scripts/run.sh"])
    assert settings["User"] == "1000:1000"


def test_no_password_is_in_the_log_however_the_login_ends(start: Start) -> None:
    running = start(TWS_PASSWORD="not-the-one")  # noqa: S106
    assert "not-the-one" not in running.says("Cold restart in progress")
