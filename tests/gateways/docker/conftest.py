"""A played engine that this process's environment names, with a login."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateways.docker.bringing import PASSWORD, USERID
from tests.gateways.docker.played import PlayedEngine


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedEngine]:
    for name in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "TWS_USERID_FILE", "TWS_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    with PlayedEngine().serving() as served:
        monkeypatch.setenv("DOCKER_HOST", served.url)
        monkeypatch.setenv("TWS_USERID", USERID)
        monkeypatch.setenv("TWS_PASSWORD", PASSWORD)
        yield served
