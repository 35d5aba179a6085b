"""The image of a gateway: what the engine has, or what it pulls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.gateways.docker.calls import blocking, endable
from harness.gateways.docker.engine import Engine, Image, missing
from harness.gateways.docker.engine_stream import Stream
from harness.gateways.docker.errors import EngineError
from harness.known.images import BootFailure

Progress = Callable[[str, float | None], None]

_UNKNOWN = ("not found", "manifest unknown", "does not exist", "pull access denied", "no such image", "denied")
"""What engines and registries say of an image that they do not have, or not for us."""


async def obtain(engine: Engine, reference: str, *, pull: str, progress: Progress) -> Image:
    """Return an image, pulled where that is wanted.

    Args:
        engine: where it shall be.
        reference: repository and tag or digest.
        pull: ``missing``, ``always`` or ``never``.
        progress: told how far a pull is.

    Raises:
        EngineError: nobody has it, or the registry cannot be asked.
    """
    found = await blocking(engine.image, reference)
    if pull == "always" or (pull == "missing" and found is None):
        await _pull(engine, reference, progress)
        found = await blocking(engine.image, reference)
    if found is None and pull == "never":
        raise EngineError(
            f"the engine has no image {reference}, and pull = 'never' keeps it from being pulled",
            hint=f"`docker pull {reference}`, or pull = 'missing'.",
            code=BootFailure.IMAGE_MISSING,
        )
    if found is None:
        raise missing(reference)
    return found


async def _pull(engine: Engine, reference: str, progress: Progress) -> None:
    loop = asyncio.get_running_loop()
    words = f"pulls {reference}"

    def tell(part: float | None) -> None:
        loop.call_soon_threadsafe(progress, words, part)

    progress(words, None)
    stream = await blocking(engine.pull, reference)
    try:
        await endable(lambda: _read(stream, reference, tell), stream.end)
    except EngineError as error:
        raise _explained(error, reference) from error
    finally:
        progress("", None)


def _read(stream: Stream[Mapping[str, Any]], reference: str, tell: Callable[[float | None], None]) -> None:
    layers = _Layers()
    for line in stream:
        if "error" in line:
            raise EngineError(f"the engine did not pull {reference}: {line['error']}")
        if layers.hear(line):
            tell(layers.part)


def _explained(error: EngineError, reference: str) -> EngineError:
    """Tell an image that is not there from a registry that is not."""
    if error.code is not BootFailure.ENGINE_FAILED:
        return error
    if any(words in str(error).lower() for words in _UNKNOWN):
        explained = missing(reference)
        return EngineError(f"{explained}: {error}", hint=explained.hint, code=explained.code)
    return EngineError(
        str(error),
        hint=f"See that the engine's machine reaches the registry; an image that it has is not pulled: "
        f"`docker pull {reference}` once, or `docker load` from a file.",
        code=BootFailure.IMAGE_UNAVAILABLE,
    )


@dataclass(slots=True)
class _Layers:
    """How much of each layer is there."""

    _sizes: dict[str, int] = field(default_factory=dict)
    _have: dict[str, int] = field(default_factory=dict)

    def hear(self, line: Mapping[str, Any]) -> bool:
        """Take a line of the engine's in; tell whether it says more than was known."""
        layer, status, detail = line.get("id"), line.get("status"), line.get("progressDetail") or {}
        if layer is None:
            return False
        if status == "Downloading" and detail.get("total"):
            self._sizes[layer], self._have[layer] = detail["total"], detail["current"]
        elif status in {"Download complete", "Pull complete"} and layer in self._sizes:
            self._have[layer] = self._sizes[layer]
        else:
            return False
        return True

    @property
    def part(self) -> float | None:
        """From 0 to 1, of the layers whose size is known."""
        total = sum(self._sizes.values())
        return sum(self._have.values()) / total if total else None
