"""Notes what a program logs as a warning or worse, leaves undone, and does not catch.

It imports no module that the program might have one of its own of, changes no setting, and writes to one file, which
it opens for each line. What goes wrong in it is a line of that file.
"""

from __future__ import annotations

import atexit
import os
import sys
import time

TYPE_CHECKING = False
"""Checkers of types take it for true. ``typing`` has it, too, and brings many modules along."""

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FILE = "IB_COMPAT_OBSERVED"
"""Variable with the file."""

_MOST_LINES = 300
_MOST_LETTERS = 300
_WARNING = 30


class _Notes:
    """Writes each thing once, and at the end how often it was."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._process = os.getpid()
        self._counts: dict[tuple[str, str, str], int] = {}

    def note(self, kind: str, where: str, text: str) -> None:
        key = (kind, where[:_MOST_LETTERS], text[:_MOST_LETTERS])
        if key in self._counts:
            self._counts[key] += 1
        elif len(self._counts) < _MOST_LINES:
            self._counts[key] = 1
            self.write(*key, 1)

    def write(self, kind: str, where: str, text: str, count: int) -> None:
        values = (("kind", kind), ("where", where), ("text", text))
        words = ", ".join(f"{_quoted(name)}: {_quoted(value)}" for name, value in values)
        line = f'{{"at": {time.monotonic()!r}, "process": {os.getpid()}, {words}, "count": {count}}}\n'
        opened = os.open(self._file, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(opened, line.encode("ascii"))
        finally:
            os.close(opened)

    def close(self) -> None:
        """Say how often each was, unless this is a fork: its parent says it."""
        if os.getpid() == self._process:
            for key, count in list(self._counts.items()):
                if count > 1:
                    self.write(*key, count)


def _quoted(text: str) -> str:
    """Return a text as JSON has it; the module for that might be the program's own."""
    found = ""
    for letter in text:
        if " " <= letter <= "~" and letter not in '"\\':
            found += letter
        else:
            units = letter.encode("utf-16-be", "surrogatepass")
            found += "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return f'"{found}"'


_notes: _Notes


def _swallowed(observe: Callable[..., None], *arguments: Any) -> None:
    try:
        observe(*arguments)
    except Exception as problem:  # noqa: BLE001 - what goes wrong here is not the program's
        try:  # noqa: SIM105 - contextlib might be the program's own
            _notes.note("failed", observe.__name__, repr(problem))
        except Exception:  # noqa: BLE001, S110 - the file is gone
            pass


def start() -> None:
    """Begin. Modules that the program has not imported are looked at when it does."""
    global _notes  # noqa: PLW0603 - one for the process, whoever imports this
    _notes = _Notes(os.environ[FILE])
    _notes.write("began", "", sys.version.partition(" ")[0], 1)
    atexit.register(_swallowed, _at_end)
    for name, look in _LOOKS.items():
        if name in sys.modules:
            _swallowed(look, sys.modules[name])
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Looks at modules of the standard library once they are loaded; finds nothing itself."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return what the next finder has, of a module that is looked at; else nothing."""
        look = _LOOKS.get(name)
        if look is None or name in sys.modules:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find and find(name, path, target)
            if spec is not None:
                _swallowed(_look_once_loaded, spec, look)
                return spec
        return None


def _look_once_loaded(spec: Any, look: Callable[[Any], None]) -> None:
    standard = os.path.dirname(os.__file__)  # noqa: PTH120 - pathlib is not to be imported here
    if not (spec.origin or "").startswith(standard) or "site-packages" in spec.origin:
        return
    loaded = spec.loader.exec_module

    def exec_module(module: Any) -> None:
        spec.loader.exec_module = loaded
        loaded(module)
        _swallowed(look, module)

    spec.loader.exec_module = exec_module


def _look_at_logging(logging: Any) -> None:
    make = logging.Logger.makeRecord

    def make_record(self: Any, *arguments: Any, **named: Any) -> Any:
        record = make(self, *arguments, **named)
        _swallowed(_logged, self, record)
        return record

    # not handle(): a handler that fails says through which calls it came
    logging.Logger.makeRecord = make_record


def _logged(logger: Any, record: Any) -> None:
    if record.levelno >= _WARNING and not logger.disabled and not (record.name == "asyncio" and _telling):
        text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        _notes.note("log", f"{record.levelname} {record.name}", text)


def _look_at_threading(threading: Any) -> None:
    make = threading._make_invoke_excepthook  # noqa: SLF001 - each thread asks it, whatever hook the program has

    def make_invoke_excepthook() -> Callable[[Any], None]:
        invoke: Callable[[Any], None] = make()

        def invoke_excepthook(thread: Any) -> None:
            _swallowed(_raised_in_thread, sys.exc_info()[1])
            invoke(thread)

        return invoke_excepthook

    threading._make_invoke_excepthook = make_invoke_excepthook  # noqa: SLF001 - as above


def _raised_in_thread(problem: BaseException | None) -> None:
    if problem is not None and not isinstance(problem, SystemExit):
        _notes.note("exception", _place(problem.__traceback__), _said(problem))


_loops: list[Any] = []
"""Weak references to the event loops."""

_telling: list[int] = []
"""Has something while asyncio tells of an exception, which it logs, too."""


def _look_at_loops(base: Any) -> None:
    import weakref  # noqa: PLC0415 - asyncio has imported it

    loop = base.BaseEventLoop
    begin, close, tell = loop.__init__, loop.close, loop.call_exception_handler

    def __init__(self: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807 - it takes that one's place
        begin(self, *arguments, **named)
        _loops.append(weakref.ref(self))

    def _close(self: Any) -> None:
        _swallowed(_pending, self)
        close(self)

    def call_exception_handler(self: Any, context: Any) -> None:
        _swallowed(_told, context)
        _telling.append(1)
        try:
            tell(self, context)
        finally:
            _telling.pop()

    loop.__init__, loop.close, loop.call_exception_handler = __init__, _close, call_exception_handler


def _look_at_runners(runners: Any) -> None:
    cancel = runners._cancel_all_tasks  # noqa: SLF001 - nothing else runs before run() cancels what is pending

    def _cancel_all_tasks(loop: Any) -> None:
        _swallowed(_pending, loop)
        cancel(loop)

    runners._cancel_all_tasks = _cancel_all_tasks  # noqa: SLF001 - as above


def _pending(loop: Any) -> None:
    for task in sys.modules["asyncio"].all_tasks(loop):
        if not task.done():
            coroutine = task.get_coro()
            frame = getattr(coroutine, "cr_frame", None)
            at = f":{frame.f_lineno}" if frame is not None else ""
            code = getattr(coroutine, "cr_code", None)
            file = os.path.basename(code.co_filename) if code is not None else ""  # noqa: PTH119 - as above
            _notes.note("pending", f"{file}{at}", getattr(coroutine, "__qualname__", type(coroutine).__name__))


def _told(context: Any) -> None:
    problem = context.get("exception")
    where = "" if problem is None else _place(problem.__traceback__)
    said = "" if problem is None else f": {_said(problem)}"
    _notes.note("exception", where, f"{str(context.get('message')).partition(chr(10))[0]}{said}")


def _at_end() -> None:
    problem = getattr(sys, "last_value", None)
    if problem is not None and not isinstance(problem, (KeyboardInterrupt, SystemExit)):
        _notes.note("exception", _place(problem.__traceback__), _said(problem))
    for loop in filter(None, (each() for each in _loops)):
        if not loop.is_closed():
            _pending(loop)
    _notes.close()


def _place(trace: Any) -> str:
    """Return the last place of a traceback, without the folder."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119 - as above


def _said(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}"


_LOOKS: dict[str, Callable[[Any], None]] = {
    "logging": _look_at_logging,
    "threading": _look_at_threading,
    "asyncio.base_events": _look_at_loops,
    "asyncio.runners": _look_at_runners,
}
