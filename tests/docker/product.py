"""The product on the engine of the tests: matrix files with gateways in containers of the played image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.gateways.kinds import open_gateway
from harness.gateways.opened import OpenGateway, Opening
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import load_matrix
from tests.docker.images import Images
from tests.rows import VARIABLE, need_row

LOGIN = {"TWS_USERID": "edemo", "TWS_PASSWORD": "demouser"}
"""What the played IBKR knows."""

ROW = "ib_async==2.1.0"

SECOND_LOGIN = {"OTHER_USERID": "esecond", "OTHER_PASSWORD": LOGIN["TWS_PASSWORD"]}
"""Another user: one is the same login whatever the credential is called."""

OF_ANOTHER_USER = {"PLAY_OTHERS": SECOND_LOGIN["OTHER_USERID"], "more": 'credential = "OTHER"'}

LIBRARY = f"""
[defaults]
checks = ["tcp", "version", "ready", "current_time", "positions"]
connect_timeout = 10.0

[[library]]
adapter = "ib_async"
versions = ["{ROW.partition("==")[2]}"]
"""


def gateway(images: Images, name: str = "played", version: str = "10.45.1j", more: str = "", **play: str) -> str:
    """A gateway of a matrix file, in a container of the played image; ``play`` is its environment."""
    environment = ", ".join(f'{key} = "{value}"' for key, value in play.items())
    return f"""
[[gateway]]
product = "gateway"
version = "{version}"
name = "{name}"
kind = "docker"
image = "{images.ib_gateway(version)}"
image_profile = "gnzsnz"
pull = "never"
environment = {{ {environment} }}
{more}
"""


def matrix(folder: Path, *gateways: str) -> Path:
    file = folder / "matrix.toml"
    file.write_text(LIBRARY + "".join(gateways), encoding="utf-8")
    return file


def spec(folder: Path, text: str) -> GatewaySpec:
    (only,) = load_matrix(matrix(folder, text)).gateways
    return only


@asynccontextmanager
async def opened(folder: Path, text: str, note: Callable[[str], None] = print) -> AsyncIterator[OpenGateway]:
    """The gateway, while it is up."""
    async with open_gateway(spec(folder, text), Opening(run="tests", folder=folder / "run", note=note)) as gateway:
        yield gateway


@dataclass(frozen=True)
class Command:
    """``ib-compat`` in a process of its own, as users have it.

    Args:
        folder: where its results go.
        environment: beside that of the tests.
    """

    folder: Path
    environment: Mapping[str, str]

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def run(self, file: Path, *more: str) -> subprocess.Popen[str]:
        """Begin a run of a matrix; the real row must be there."""
        need_row(ROW)
        return self.start(
            *("run", "--no-build", "--matrix", str(file), "--environments", os.environ[VARIABLE]),
            *("--results", str(self.results), *more),
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment},
        )

    def ended(self, process: subprocess.Popen[str], code: int = 0) -> str:
        """Wait for its end; return what it wrote."""
        said, complained = process.communicate(timeout=180)
        assert process.returncode == code, said + complained + self._met()
        return said + complained

    def _met(self) -> str:
        """What the control met, where a run came so far: a red test must tell how it came about."""
        file = self.results / "latest" / "results.json"
        return json.dumps(json.loads(file.read_text("utf-8"))["gateways"], indent=1) if file.exists() else ""

    def latest(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.results / "latest" / "results.json").read_text("utf-8"))
        return document
