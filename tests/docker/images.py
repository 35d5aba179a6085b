"""Images that are built on the engine itself, once a session, and are gone at its end."""

from __future__ import annotations

import io
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from docker import DockerClient

from tests.docker.rootfs import HOME, UID, write_played

LABEL = "ib-compat.played"
"""On every image of ours, and so on every container of one, whoever made it: the session that it belongs to."""

REGISTRY = "ib-compat.invalid"
"""No machine has a name like that, so nothing is ever pulled, and no image of the user's is ever replaced."""


class Images:
    """The images of one session of tests.

    Args:
        engine: where they are built.
    """

    def __init__(self, engine: DockerClient) -> None:
        self.engine = engine
        self.session = uuid.uuid4().hex[:12]
        self._built: list[str] = []

    @property
    def labels(self) -> dict[str, str]:
        """What an image, container, network or volume of this session is known by."""
        return {LABEL: self.session}

    @property
    def filter(self) -> dict[str, str | list[str] | bool]:
        """The engine's filter for what is of this session."""
        return {"label": f"{LABEL}={self.session}"}

    def name(self, repository: str, tag: str) -> str:
        """Return the whole name of an image of this session."""
        return f"{REGISTRY}/{self.session}/{repository}:{tag}"

    def ib_gateway(self, version: str = "10.45.1j") -> str:
        """Build the image that plays gnzsnz/ib-gateway at an exact version, unless it is there; return its name.

        All versions are one image underneath, so that a further one costs next to nothing.
        """
        name = self.name("gnzsnz/ib-gateway", version)
        if name not in self._built:
            base = self.imported("played-base", write_played)
            self._layer(name, f"FROM {base}\n{_settings(version)}")
        return name

    def imported(self, repository: str, write: Callable[[Path], None], *instructions: str) -> str:
        """Import a root file system, unless it is there, with lines as a Dockerfile has; return the image's name."""
        name = self.name(repository, "latest")
        if name not in self._built:
            with tempfile.TemporaryDirectory() as folder:
                archive = Path(folder, "root.tar")
                write(archive)
                self.engine.api.import_image_from_file(
                    str(archive),
                    name.rpartition(":")[0],
                    "latest",
                    changes=[f"LABEL {LABEL}={self.session}", *instructions],
                )
            self._built.append(name)
        return name

    def _layer(self, name: str, dockerfile: str) -> None:
        self.engine.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=name, rm=True, forcerm=True)
        self._built.append(name)

    def built(self, context: Path, dockerfile: str, repository: str, arguments: dict[str, str]) -> str:
        """Build a folder's Dockerfile; return the image's name."""
        name = self.name(repository, "latest")
        self.engine.images.build(
            path=str(context),
            dockerfile=dockerfile,
            tag=name,
            buildargs=arguments,
            labels=self.labels,
            rm=True,
            forcerm=True,
        )
        self._built.append(name)
        return name

    def remove(self) -> None:
        """Remove all of them, those first that were made of others."""
        for name in reversed(self._built):
            self.engine.images.remove(name, force=True)
        self._built.clear()


def _settings(version: str) -> str:
    """Return what the image of a version sets: the real one's names, and that the play is quick."""
    home = f"/{HOME}"
    environment = {
        "IB_GATEWAY_VERSION": version,
        "TWS_MAJOR_VRSN": version,
        "GATEWAY_OR_TWS": "gateway",
        "HOME": home,
        "TWS_PATH": f"{home}/Jts",
        "IBC_PATH": f"{home}/ibc",
        "IBC_INI": f"{home}/ibc/config.ini",
        "SCRIPT_PATH": f"{home}/scripts",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PLAY_SCALE": "0.01",
    }
    lines = "".join(f" {name}={value}" for name, value in environment.items())
    return f'ENV{lines}\nUSER {UID}:{UID}\nWORKDIR {home}\nCMD ["{home}/scripts/run.sh"]\n'
