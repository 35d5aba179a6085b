"""Makes blocking calls of the docker SDK from an event loop: none blocks the loop, and none is abandoned halfway.

If an engine sends its answer in pieces, it is a stream that another thread can end. Whatever the SDK raises becomes an
EngineError with a sentence.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from docker import APIClient
from docker.errors import APIError, DockerException, StreamParseError
from docker.types import CancellableStream
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
        code: the code of the failure, from which the verdict follows.
    """

    def __init__(self, message: str, *, hint: str = "", code: BootFailure = BootFailure.ENGINE_FAILED) -> None:
        super().__init__(message, hint=hint)
        self.code = code


@contextmanager
def told(doing: str, where: str) -> Iterator[None]:
    """Turn everything that the SDK raises inside the context into an EngineError.

    Args:
        doing: the attempted action, as in "start the container".
        where: the address of the engine.
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
    """Yield an error and all its causes, from ``from``, from handling another error, or among its arguments."""
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
    """Return the system's own error text if there is one, because the SDK's is long and nested."""
    words = (cause.strerror for cause in causes if isinstance(cause, OSError) and isinstance(cause.strerror, str))
    return next(words, str(causes[0]))


T = TypeVar("T")

_GIVES_UP = 2.0
"""Seconds that a stream has to notice that it was ended."""


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end despite any number of cancellations, and raise the cancellation afterwards.

    This is for work that must not stop halfway: an engine that was asked to create a container will create it, and it
    must be removed again.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:  # noqa: PERF203 - it may come again
            cancelled = error
    if cancelled is not None:
        task.exception()  # retrieved: the cancellation is what counts
        raise cancelled
    return task.result()


async def blocking(call: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """Run a short call in a thread, to its end."""
    return await unbroken(asyncio.to_thread(call, *arguments, **more))


async def endable(work: Callable[[], T], end: Callable[[], None]) -> T:
    """Run work that may take very long in a separate thread.

    Args:
        work: the work.
        end: called if this is cancelled; it makes ``work`` return. A thread that does not return cannot delay the end
            of the program.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    over = threading.Event()

    def tell(finish: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish)
        over.set()

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            problem = error
            tell(lambda: None if done.done() else done.set_exception(problem))
        else:
            tell(lambda: None if done.done() else done.set_result(result))

    threading.Thread(target=run, daemon=True, name="ib-compat engine stream").start()
    try:
        return await done
    except asyncio.CancelledError:
        end()
        await unbroken(asyncio.to_thread(over.wait, _GIVES_UP))
        raise


class StreamingClient(APIClient):
    """A client that remembers the response that it reads; for some calls, the SDK does not give it to its caller."""

    def __init__(self, **arguments: Any) -> None:
        self._answer: Any = None
        super().__init__(**arguments)

    def send(self, request: Any, **more: Any) -> Any:
        """Send a request, as every request is."""
        answer = super().send(request, **more)
        if more.get("stream"):
            self._answer = answer
        return answer

    def end(self) -> None:
        """End the stream: its reader sees the end."""
        if self._answer is None:
            return
        try:
            CancellableStream(iter(()), self._answer).close()
        except (DockerException, OSError, AttributeError):  # over ssh there is no socket to shut; or it has ended
            with contextlib.suppress(OSError):
                self._answer.close()

    def close(self) -> None:
        """Release the connections, including the answer's; called by the reader."""
        if self._answer is not None:
            with contextlib.suppress(OSError):
                self._answer.close()
        super().close()


class Stream(Generic[T]):
    """Iterates over the engine's output. One thread reads, and any other thread may end it.

    Args:
        client: the client that makes the request, and no other request.
        begin: makes the request.
        told: turns an error into an EngineError.
    """

    def __init__(
        self,
        client: StreamingClient,
        begin: Callable[[], Iterable[T]],
        told: Callable[[], contextlib.AbstractContextManager[None]],
    ) -> None:
        self._client = client
        self._begin = begin
        self._told = told
        self._ended = threading.Event()

    def __iter__(self) -> Iterator[T]:
        """Make the request, and yield what comes; an end that was requested is no error."""
        try:
            with self._told():
                yield from self._read()
        finally:
            self._client.close()

    def _read(self) -> Iterator[T]:
        try:
            answer = iter(self._begin())
            while not self._ended.is_set():
                try:
                    item = next(answer)
                except StopIteration:
                    return
                yield item
        except (DockerException, HTTPError, OSError, RuntimeError, ValueError):
            if not self._ended.is_set():
                raise

    def end(self) -> None:
        """End it, from any thread and at any time."""
        self._ended.set()
        self._client.end()
