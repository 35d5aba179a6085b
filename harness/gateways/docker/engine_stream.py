"""What an engine tells bit by bit, for as long as somebody listens; it can be ended from another thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from docker import APIClient
from docker.errors import DockerException
from docker.types import CancellableStream
from urllib3.exceptions import HTTPError

T = TypeVar("T")


class StreamingClient(APIClient):
    """A client that remembers the answer that it reads from, which the SDK keeps to itself for some calls."""

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
        """End what is being read: whoever reads it sees its end."""
        if self._answer is None:
            return
        try:
            CancellableStream(iter(()), self._answer).close()
        except (DockerException, OSError, AttributeError):  # over ssh there is no socket to shut; or it has ended
            with contextlib.suppress(OSError):
                self._answer.close()

    def close(self) -> None:
        """Let the connections go, that of the answer too; for whoever reads it."""
        if self._answer is not None:
            with contextlib.suppress(OSError):
                self._answer.close()
        super().close()


class Stream(Generic[T]):
    """Iterates over what the engine tells. One thread reads, any other may end it.

    Args:
        client: whose request it is, and nobody else's.
        begin: makes the request.
        told: makes an EngineError of what goes wrong.
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
        """Ask, and yield what comes; an end that was asked for is no error."""
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
