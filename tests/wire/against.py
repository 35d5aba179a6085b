"""The catalogue against the real libraries: what the tests of every family of messages share.

Their decoders read our frames, and our decoder reads their requests. Needs the rows' environments; ``nox -s tests``
builds them.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from harness.wire.catalogue import Field, Kind, MessageType, catalogue, complete_items
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader, encode_frame
from harness.wire.message import Encoding, Message, Sender, Value
from tests.rows import need_row

SCRIPT = Path(__file__).with_name("library_side.py")

ROWS = {
    "ib_async==1.0.3": ("ib_async", 157, 178),
    "ib_async==2.0.1": ("ib_async", 157, 178),
    "ib_async==2.1.0": ("ib_async", 157, 178),
    "ib_insync==0.9.70": ("ib_insync", 150, 163),
    "ib_insync==0.9.86": ("ib_insync", 157, 176),
    "ibapi==9.81.1.post1": ("ibapi", 150, 157),
    "nautilus-ibapi==10.19.4": ("ibapi", 150, 176),
    "nautilus-ibapi==10.30.1": ("ibapi", 150, 187),
    "nautilus-ibapi==10.37.2": ("ibapi", 150, 203),
    "nautilus-ibapi==10.45.1": ("ibapi", 150, 223),
    "ibapi-latest==10.51.1": ("ibapi", 150, 226),
}
"""Package, and the lowest and highest server version to try; completed orders begin at 150."""

MET = {163, 176, 178, 187, 208, 215, 217, 219}
"""Server versions met in practice."""

VARIANTS = 5
"""Of every message; the booleans that are true in each spell the number of their field."""

Part = tuple[MessageType, Mapping[str, Value]]
"""What one callback tells: a message of the catalogue or a piece of one, and its values."""

Place = Callable[[str], str]
"""Says where an object of a library holds one of our fields: attributes, ``a.b`` for one inside, ``a|b`` where
versions differ; empty where it does not."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """Some messages of the catalogue, and what the libraries make of them.

    Args:
        callbacks: by message of a Gateway, the callback that it becomes (``a|b`` where versions differ), and what its
            arguments hold: a field of ours, or an object in angle brackets.
        objects: where those objects hold our fields.
        requests: by method of a library (a second word tells two calls of one apart), its arguments, the message that
            it sends, and that message's values.
        fixed: values of fields that cannot hold just anything, by message; those under ``""`` are for all.
        leaves: what a library calls the fields of items, where it is not our name in camel case.
        lost: fields that no callback of that message tells, by message.
        unknown_to: fields that came after some libraries, and the rows of those; a message and a dot before one means
            the field of that message alone.
        since: lowest server version of messages and methods that older ones do not have.
        raises: requests in which some libraries raise an error of their own, and the rows of those.
        untried: server versions at which a package is known to be off by one, and that no Gateway has.
    """

    callbacks: Mapping[str, tuple[str, tuple[str, ...]]]
    objects: Mapping[str, Place] = field(default_factory=dict)
    requests: Mapping[str, tuple[Sequence[Any], str, Mapping[str, Any]]] = field(default_factory=dict)
    fixed: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    leaves: Mapping[str, str] = field(default_factory=dict)
    lost: Mapping[str, set[str]] = field(default_factory=dict)
    unknown_to: Mapping[str, Collection[str]] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)
    raises: Mapping[str, Collection[str]] = field(default_factory=dict)
    untried: Mapping[str, set[int]] = field(default_factory=dict)

    @property
    def kinds(self) -> list[MessageType]:
        """What a Gateway sends of the family."""
        return [kind for name, kind in catalogue().by_name.items() if name in self.callbacks]

    def versions(self, row: str) -> list[int]:
        """Return the versions to try: the row's ends, both sides of every gate between them, and :data:`MET`."""
        package, lowest, highest = ROWS[row]
        kinds = [*self.kinds, *(catalogue().by_name[name] for _, name, _ in self.requests.values())]
        gates = {gate for kind in kinds for f in kind.fields for gate in (f.since, f.until)}
        gates |= {kind.protobuf_since for kind in kinds} | set(self.since.values())
        tried = {lowest, highest, *gates, *(gate - 1 for gate in gates), *MET} - self.untried.get(package, set())
        return sorted(version for version in tried if lowest <= version <= highest)

    def sent(self, version: int) -> list[Message]:
        """Return every message that a Gateway sends, in all variants and with nothing set."""
        messages = []
        for kind in self.kinds:
            if version >= self.since.get(kind.name, 0):
                messages += [Message(kind.name, self.distinct(kind, variant)) for variant in range(VARIANTS)]
                messages += [Message(kind.name, self.fixed.get(kind.name, {}))]
        return messages

    def distinct(self, kind: MessageType, variant: int) -> dict[str, Value]:
        """Return values for a message's fields, no two alike."""
        values: dict[str, Value] = {}
        flags = 0
        for number, one in enumerate(kind.fields, start=1):
            if one.const is not None:
                continue
            flags += one.kind is Kind.BOOL
            values[one.name] = value_of(one, number, flag=bool(flags >> variant & 1))
        assert flags < 2**VARIANTS
        fixed = {**self.fixed.get("", {}), **self.fixed.get(kind.name, {})}
        return values | {name: value for name, value in fixed.items() if name in values}

    @cache  # noqa: B019 - a family lasts as long as its test's module
    def run(self, row: str) -> list[tuple[int, dict[str, Any]]]:
        """Return what came of one job a version: the callbacks that a library made, and the bytes that it sent."""
        versions = self.versions(row)
        jobs = [
            {
                "version": v,
                "payloads": [Codec(v).encode(m).hex() for m in self.sent(v)],
                "requests": self._calls(row, v),
            }
            for v in versions
        ]
        return list(zip(versions, asked(row, jobs), strict=True))

    def _calls(self, row: str, version: int) -> list[list[Any]]:
        able = [name for name in self.requests if row not in self.raises.get(name, ())]
        names = [name for name in able if version >= self.since.get(name, 0)]
        return [[name, *self.requests[name][0]] for name in names]

    def misread(self, row: str) -> list[str]:
        """Say what a library holds otherwise than we sent it."""
        problems = []
        for version, answer in self.run(row):
            heard = [call for call in answer["heard"] if call[0] != "connectionClosed"]
            parts = [part for message in self.sent(version) for part in self.parts(message, version)]
            assert len(heard) == len(parts), f"{version}: some were dropped"
            for (kind, values), call in zip(parts, heard, strict=True):
                problems += [f"{version}: {said}" for said in self._wrong(row, kind, values, call, version)]
        return problems

    def parts(self, message: Message, version: int) -> Iterator[Part]:
        """Yield what a message becomes: mostly one callback, of its own fields."""
        del version
        yield catalogue().by_name[message.name], message.values

    def assert_requests_understood(self, row: str) -> None:
        """Read every request of a library, and write it byte for byte."""
        for version, answer in self.run(row):
            codec = Codec(version)
            for method, wire in answer["sent"].items():
                (payload,) = FrameReader().feed(bytes.fromhex(wire))
                _, name, values = self.requests[method]
                kind = catalogue().by_name[name]
                whole = kind.complete(values)
                held = {one.name: as_held(one, whole[one.name]) for one in carried(kind, whole, version)}
                message = Message(name, kind.complete(held))
                assert codec.decode(payload, Sender.CLIENT) == message, f"{method} at {version}"
                assert encode_frame(codec.encode(message)).hex() == wire, f"{method} at {version}"

    def _wrong(
        self, row: str, kind: MessageType, values: Mapping[str, Value], call: list[Any], version: int
    ) -> Iterator[str]:
        callbacks, held = self.callbacks[kind.name]
        if call[0] not in callbacks.split("|"):
            yield f"{kind.name} became {call[0]}"
            return
        as_text = kind.encoding_at(version) is Encoding.TEXT
        for one in carried(kind, kind.complete(values), version):
            names = (one.name, f"{kind.name}.{one.name}")
            if one.name in self.lost.get(kind.name, ()) or any(row in self.unknown_to.get(n, ()) for n in names):
                continue
            theirs = self._find(call, one.name, held)
            if one.name not in values:
                if one.unset_text and as_text and str(theirs) not in {*UNSET_AS_READ, one.unset_text}:
                    yield f"unset {kind.name}.{one.name} is {theirs!r}"
            elif theirs is ... or not self._same(as_told(one, values[one.name], version, as_text=as_text), theirs):
                yield f"{kind.name}.{one.name} is {theirs!r}, not {values[one.name]!r}"

    def _find(self, call: list[Any], name: str, held: tuple[str, ...]) -> Any:
        """Return what a callback tells of a field; ``...`` for nothing."""
        arguments = list(call[1].values())
        if name in held:
            return arguments[held.index(name)]
        for position, what in enumerate(held):
            if what in self.objects:
                value = call[1] if what == "<arguments>" else arguments[position]
                if (found := _attribute(value, self.objects[what](name))) is not ...:
                    return found
        return ...

    def _same(self, ours: Value, theirs: Any) -> bool:
        if isinstance(ours, tuple):
            return self._same_items(ours, theirs)
        return same(ours, theirs)

    def _same_items(self, ours: tuple[Mapping[str, Value], ...], theirs: list[Any]) -> bool:
        """Tell whether a library holds the items of a list; pairs of tag and value are a map as protobuf, unordered."""
        if "tag" in ours[0]:
            ours, theirs = tuple(sorted(ours, key=_tag)), sorted(theirs, key=_tag)
        return len(ours) == len(theirs) and all(
            self._same(value, _attribute(item, self.leaves.get(name, camel(name))) if isinstance(item, dict) else item)
            for one, item in zip(ours, theirs, strict=True)
            for name, value in one.items()
        )


def asked(row: str, jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give jobs to a library in its own environment, and return what came of each."""
    told, answered = _library(row)
    print(json.dumps(jobs), file=told, flush=True)
    answers: list[dict[str, Any]] = json.loads(answered.readline())
    return answers


@cache
def _library(row: str) -> tuple[IO[str], IO[str]]:
    """Start a library's side, once for all that a process asks of it: most take longer to import than to ask."""
    command: list[str | Path] = [need_row(row).python, "-I", SCRIPT, ROWS[row][0]]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)  # the end of its standard input
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def camel(name: str) -> str:
    """Return our name of a field as the libraries spell names."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def value_of(one: Field, number: int, *, flag: bool) -> Value:
    if one.kind is Kind.LIST:
        return tuple(
            {
                item.name: value_of(item, number * 100 + row * 10 + place, flag=row == 1)
                for place, item in enumerate(one.items)
            }
            for row in range(2)
        )
    plain: Mapping[Kind, Value] = {
        Kind.STR: f"{one.name}-{number}",
        Kind.INT: 1000 + number,
        Kind.LONG: 7_000_000_000 + number,
        Kind.FLOAT: number + 0.25,
        Kind.DECIMAL: f"{number}.5",
        Kind.NUMBER: str(number),
        Kind.BOOL: flag,
    }
    return plain[one.kind]


def carried(kind: MessageType, values: Mapping[str, Value], version: int) -> Iterator[Field]:
    """Yield the fields that the message holds at that version."""
    if kind.encoding_at(version) is Encoding.PROTOBUF:
        yield from (one for one in kind.fields if one.path)
    else:
        named = (one for one in kind.fields if one.in_text_at(version) and one.const is None)
        yield from (one for one in named if one.wanted(values))


def as_told(one: Field, value: Value, version: int, *, as_text: bool) -> Value:
    """Return a field as it is told at that version: as text, items leave out what came later."""
    if not as_text or not isinstance(value, tuple):
        return value
    there = {item.name for item in one.items if item.in_text_at(version)}
    return tuple({name: item[name] for name in item if name in there} for item in value)


def as_held(one: Field, value: Value) -> Value:
    """Return a field as a message that was read has it."""
    return tuple(complete_items(one, value)) if one.kind is Kind.LIST else value


def _attribute(value: Any, place: str) -> Any:
    for choice in place.split("|"):
        found = value
        for part in choice.split("."):
            found = found.get(part, ...) if isinstance(found, dict) else ...
        if found is not ...:
            return found
    return ...


def _tag(item: Mapping[str, Any]) -> str:
    return str(item["tag"])


def same(ours: Value, theirs: Any) -> bool:
    """Tell whether a library holds what we sent, in whatever type."""
    if theirs is ...:
        return False
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return bool(ours) is bool(theirs)
    if isinstance(theirs, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2} ", theirs):
        return str(ours).startswith(theirs[:10].replace("-", ""))
    if isinstance(ours, str) and not re.fullmatch(r"[0-9.]+", ours):
        return bool(ours == theirs)
    return float(str(ours)) == float(theirs)


UNSET_AS_READ = {
    *("", "1.7976931348623157E308", "1.7976931348623157e+308", "2147483647", "9223372036854775807"),
    "-9223372036854775808",
    "170141183460469231731687303715884105727",  # what IBKR's client makes of a decimal that is not set
}
