"""Defines a program that somebody tries, and what is left of a run of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.programs.asked import Asked
from harness.programs.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """What shows that a program that would run on is done.

    Args:
        says: a text that it writes then; empty if it is a request.
        asked: a request that it sends then, as the catalogue names it.
    """

    says: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command that connects to a gateway.

    Args:
        command: its words, in which ``{host}``, ``{port}`` and ``{client_id}`` stand for the gateway's address.
        folder: where it runs; it gets a copy.
        seconds: after which it is ended, if it has not ended by itself.
        environment: variables that it gets besides; the same words stand for the address.
        own_home: whether it gets an empty home, so that what it keeps there is neither used nor changed.
        copied: whether it runs in a copy of its folder.
        edits: the bytes of files that are changed in the copy, by their paths in the folder.
        files: the text of files that are written into the copy, by their paths in it; the same words stand for the
            address.
        until: what ends it before; ``None`` if only time does.
        stop: the signals that ask it to end, each with the seconds that it has then; at last it is killed.
        observe: whether it is observed from inside, if it is in Python.
    """

    command: tuple[str, ...]
    folder: Path
    seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)
    own_home: bool = True
    copied: bool = True
    edits: Mapping[Path, bytes] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    until: Until | None = None
    stop: tuple[tuple[str, float], ...] = (("SIGINT", 5.0), ("SIGTERM", 5.0))
    observe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a run of a program took; ``None`` where the system does not say.

    Args:
        cpu_seconds: processor time, of the processes that it started and waited for, too.
        peak_bytes: the most memory that its own process had.
    """

    cpu_seconds: float | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a program ended.

    Args:
        code: its exit code; negative for the signal that ended it.
        seconds: how long it ran.
        by_us: whether it ran until it was ended.
        left: processes that it left behind, which were ended.
        done: whether it showed that it is done, and was ended then or ended by itself.
    """

    code: int
    seconds: float
    by_us: bool = False
    left: int = 0
    done: bool = False

    @property
    def words(self) -> str:
        """What became of it, for a person."""
        if self.done:
            return f"was done after {self.seconds:.0f} s"
        if self.by_us:
            return f"still ran after {self.seconds:.0f} s"
        return self.by_itself

    @property
    def sentence(self) -> str:
        """What became of it, to stand after "it"."""
        return self.words if self.by_us or self.done else f"ends with {self.words}"

    @property
    def by_itself(self) -> str:
        """How one that was not ended ended."""
        return f"signal {-self.code}" if self.code < 0 else f"exit code {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run of a program left.

    Args:
        side: what it ran with, for a person: the gateway, and the library if that is tried.
        end: how it ended.
        asked: what it asked.
        output: what it wrote to standard output and standard error until it ended, or was asked to; the middle is left
            out if it is long.
        settled: that output without what came in its last second, if it was ended.
        settled_at: the end of that time, in seconds since the tap was opened; ``None`` if it ended by itself without
            being ended in another run.
        took: what it took.
        cautions: what its library makes of the errors that it got, where that is not what the gateway means.
        observed: what was noted inside it; ``None`` if nobody asked for that.
    """

    side: str
    end: End
    asked: Asked
    output: str = ""
    settled: str = ""
    settled_at: float | None = None
    took: Took = Took()
    cautions: tuple[str, ...] = ()
    observed: Observed | None = None

    @property
    def spoken(self) -> tuple[int, ...]:
        """The server versions that were negotiated, each once."""
        return tuple(sorted({each.server_version for each in self.asked.connections if each.server_version}))
