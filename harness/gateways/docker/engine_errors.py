"""What goes wrong with an engine, in words, from whatever the docker SDK raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError, DockerException, StreamParseError
from urllib3.exceptions import HTTPError

from harness.known.images import BootFailure
from harness.shared.errors import GatewayError

_FORBIDDEN = (
    "Run as a user who may use the engine (on Linux in the group docker), or name another one with DOCKER_HOST."
)
_UNREACHABLE = (
    "Start the engine, or name another one with DOCKER_HOST or a docker context; `docker version` must answer."
)
_SSH = "Install paramiko beside ib-compat (`pip install paramiko`), which the docker SDK needs for ssh://."


class EngineError(GatewayError):
    """An engine cannot be used, or did not do what it was asked.

    Args:
        message: what happened, and at which engine.
        hint: what to do next.
        code: what the verdict is made from.
    """

    def __init__(self, message: str, *, hint: str = "", code: BootFailure = BootFailure.ENGINE_FAILED) -> None:
        super().__init__(message, hint=hint)
        self.code = code


@contextmanager
def told(doing: str, where: str) -> Iterator[None]:
    """Make an EngineError of all that the SDK raises inside.

    Args:
        doing: what is tried, as in "start the container".
        where: the engine's address.
    """
    try:
        yield
    except APIError as error:
        explanation = str(error.explanation or error)
        raise EngineError(f"the engine at {where} did not {doing}: {explanation}") from error
    except (DockerException, StreamParseError, HTTPError, OSError) as error:  # what requests raises is an OSError
        raise _no_answer(error, doing, where) from error


def _no_answer(error: BaseException, doing: str, where: str) -> EngineError:
    causes = list(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        message = f"the engine at {where} may not be used by this user (to {doing})"
        return EngineError(message, hint=_FORBIDDEN, code=BootFailure.ENGINE_FORBIDDEN)
    hint = _SSH if "paramiko" in str(error) else _UNREACHABLE
    message = f"the engine at {where} cannot be reached (to {doing}): {_reason(causes)}"
    return EngineError(message, hint=hint, code=BootFailure.ENGINE_UNREACHABLE)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that led to it: in ``from``, while handling, or among its arguments."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and not any(cause is each for each in seen):
            seen.append(cause)
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        elif isinstance(cause, tuple):
            waiting += cause


def _reason(causes: list[BaseException]) -> str:
    """Take the system's own words where there are any: the SDK's are long and nested."""
    words = (cause.strerror for cause in causes if isinstance(cause, OSError) and isinstance(cause.strerror, str))
    return next(words, str(causes[0]))
