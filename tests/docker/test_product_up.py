"""A gateway in a container of the played image, as the product brings it up."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.diagnose.control import probe
from tests.docker.images import Images
from tests.docker.product import LOGIN, gateway, opened
from tests.gateways.simulator.talk import run


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("version", ["10.37.1r", "10.45.1j"])
def test_it_is_up_inside_and_gone_outside(images: Images, tmp_path: Path, version: str) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, gateway(images, version=version)) as up:
            inside = await probe(up.host, up.port, client_id=50, timeout=5)
            assert (inside.passed, inside.accounts) == (True, ("DU9000001",))
            assert up.host == "127.0.0.1"
            assert up.delicate
            assert up.boot is not None
            assert (up.boot.build, up.boot.failure, up.boot.reused) == (version, None, False)
            assert (up.boot.ibc or "").startswith("3.24")
            assert list(up.boot.seconds) == ["image", "container", "login", "hello"]
            assert list(up.boot.seconds.values()) == sorted(up.boot.seconds.values())
        outside = await probe(up.host, up.port, client_id=50, timeout=5)
        assert not outside.passed
        (log,) = up.artifacts
        kept = (tmp_path / "run" / log).read_text("utf-8")
        assert "IBC: Login has completed" in kept
        assert not [secret for secret in LOGIN.values() if secret in kept]

    run(scenario())


def test_one_that_waits_for_a_second_factor_says_so_and_comes_up(images: Images, tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        async with opened(tmp_path, gateway(images, PLAY_2FA="confirmed"), said.append):
            pass

    run(scenario())
    assert [text for text in said if "second factor" in text]


def test_one_that_is_kept_is_taken_by_the_next_run_and_left_when_it_is_not_healthy(
    images: Images, tmp_path: Path
) -> None:
    """Reuse needs the run that left it to be over, which is another process than this one."""
    text = gateway(images, more="reuse = true")

    async def scenario() -> list[bool]:
        taken = []
        for _ in range(2):
            async with opened(tmp_path, text) as up:
                assert up.boot is not None
                taken.append(up.boot.reused)
        return taken

    assert run(scenario()) == [False, False]  # this process lives, so what it left is its own
    left = images.engine.containers.list(filters=images.filter, ignore_removed=True)
    assert len(left) == 2
    for container in left:
        container.remove(force=True)
