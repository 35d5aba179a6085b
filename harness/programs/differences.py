"""Finds what a program did differently in two runs.

Two runs are never quite equal: prices move, and times pass. What differs between two runs at the same gateway is
therefore noise, and does not count between two gateways (:func:`without_noise`). No list says what may differ. Of a
program that was ended, what it did in its last second need not be in another run, which was perhaps a little slower.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from harness.programs.asked import Asked, Outcome, Request
from harness.programs.difference import Difference, Kind
from harness.programs.program import End, Ran
from harness.programs.tracebacks import Raised, raised_in
from harness.recordings.meaning import Meaning

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+(?:[.,:]\d+)*")
_OF_THE_WIRE = re.compile(
    r"\b(?:ibapi|ib_async|ib_insync)\.(?:client|comm|connection|decoder|message|reader|utils)\b"
    r"|(?:\bSENDING \w+|\bREQUEST|\bANSWER|\bmsg:?|\braw:|\bfields?:?|\bdecode <class '\w+'>|\bprotobuf) ?"
    r"\(?b(?:'[^']*\\x[0-9a-f]{2}|\"[^\"]*\\x[0-9a-f]{2})"
)
"""Matches what libraries log of each message: by the logger's name, or because ibapi's words and bytes are quoted."""

_PROTOBUF, _IN_PROTOBUF = re.compile(r"\w+Proto': "), re.compile(r"\s*(?:\w+: .*|\w+ \{|\})")
"""Match where ibapi logs a protobuf message, and the lines of it that follow."""

_NOTHING = "nothing"
_SHOWN = 3
"""Lines that are shown of those that differ in a number."""
_SAYS_NOTHING = frozenset({Outcome.UNKNOWN, Outcome.NOT_SIMULATED, Outcome.NOT_RECORDED})


def differences(before: Ran, after: Ran) -> tuple[Difference, ...]:
    """Return what a program did differently in two runs, worst first."""
    return (
        *_ends(before, after),
        *_contacts(before.asked, after.asked),
        *_exceptions(before, after),
        *_requests(before, after),
        *_outputs(before, after),
    )


def without_noise(found: Iterable[Difference], noise: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return what differs between two gateways, without what differs between two runs at one of them."""
    known = {(each.kind, each.where) for each in noise}
    return tuple(each for each in found if (each.kind, each.where) not in known)


def also_in(others: Iterable[Difference], found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return what differs between two other runs, too."""
    known = {(each.kind, each.where) for each in others}
    return tuple(each for each in found if (each.kind, each.where) in known)


def _ends(before: Ran, after: Ran) -> Iterator[Difference]:
    ends = before.end, after.end
    if all(end.done and not end.by_us for end in ends):  # neither was cut off, so both codes are known
        one, other = words = (ends[0].by_itself, ends[1].by_itself)
    else:
        one, other = (_ended(end) for end in ends)
        words = (ends[0].words, ends[1].words)
    if one != other:
        yield Difference(kind=Kind.END, before=words[0], after=words[1])


def _ended(end: End) -> str:
    """Return how a program ended, without the time that it took; one that is done may end before it is ended."""
    if end.done:
        return "was done"
    return "still ran" if end.by_us else end.words


def _contacts(before: Asked, after: Asked) -> Iterator[Difference]:
    words = {True: "connected", False: "did not connect"}
    if before.made_contact != after.made_contact:
        yield Difference(kind=Kind.CONTACT, before=words[before.made_contact], after=words[after.made_contact])
    one, other = (sorted({str(each.client_id) for each in asked.connections}) for asked in (before, after))
    if one != other:
        yield Difference(kind=Kind.CLIENTS, before=", ".join(one) or _NOTHING, after=", ".join(other) or _NOTHING)


def _exceptions(before: Ran, after: Ran) -> Iterator[Difference]:
    """Compare the exceptions whose tracebacks were written: by class, words without numbers, and whose file called."""
    one, other = (_raised(ran.output) for ran in (before, after))
    for key in dict.fromkeys((*_raised(before.settled), *_raised(after.settled))):
        if (key in one) != (key in other):
            words = (each[key].words if key in each else _NOTHING for each in (one, other))
            yield Difference(kind=Kind.EXCEPTION, where=key[0], before=next(words), after=next(words))


def _raised(output: str) -> dict[tuple[str, str, str], Raised]:
    return {(each.type, _masked(each.text), each.file): each for each in raised_in(output)[0]}


def _requests(before: Ran, after: Ran) -> Iterator[Difference]:
    """Compare request by request; of programs that were ended, how often one repeats a request does not count."""
    bounded = before.end.by_us or after.end.by_us
    ones, others = _by_name(before.asked.requests), _by_name(after.asked.requests)
    for name in dict.fromkeys((*ones, *others)):
        one, other = Counter(each.meaning for each in ones[name]), Counter(each.meaning for each in others[name])
        if bounded:
            gone: Collection[Meaning] = _settled(before, ones[name]) - other.keys()
            new: Collection[Meaning] = _settled(after, others[name]) - one.keys()
        else:
            gone, new = list((one - other).elements()), list((other - one).elements())
        if all(each.outcome is not Outcome.UNREADABLE for each in (*ones[name], *others[name])):
            yield from _changed(name, gone, new, (one, other))  # what an unreadable one says, nobody knows
        yield from _outcomes(name, ones[name], others[name])
    names = _names(before.asked), _names(after.asked)
    if not bounded and Counter(names[0]) == Counter(names[1]) and names[0] != names[1]:
        one_name, other_name = next(pair for pair in zip(*names, strict=True) if pair[0] != pair[1])
        yield Difference(kind=Kind.ORDER, before=f"{one_name} first", after=f"{other_name} first")


def _settled(ran: Ran, requests: Iterable[Request]) -> set[Meaning]:
    """Return what was asked so early that a run that is a little slower had the time for it, too."""
    return {each.meaning for each in requests if ran.settled_at is None or each.at <= ran.settled_at}


def _by_name(requests: Iterable[Request]) -> defaultdict[str, list[Request]]:
    found: defaultdict[str, list[Request]] = defaultdict(list)
    for request in requests:
        found[request.name].append(request)
    return found


def _names(asked: Asked) -> list[str]:
    """Return the names of all requests in order, client by client: what several clients ask at once has no order."""
    clients = sorted(asked.connections, key=lambda each: -1 if each.client_id is None else each.client_id)
    return [request.name for connection in clients for request in connection.requests]


def _changed(
    name: str, gone: Collection[Meaning], new: Collection[Meaning], counts: tuple[Counter[Meaning], Counter[Meaning]]
) -> Iterator[Difference]:
    """Compare what was asked in one run only: one by one, as far as there is one in the other."""
    for one, other in zip_longest(sorted(gone, key=repr), sorted(new, key=repr)):
        if one is not None and other is not None:
            yield from _fields(name, one, other)
        else:
            before, after = (_times(each.total()) for each in counts)
            yield Difference(kind=Kind.REQUEST, where=name, before=before, after=after)
            return


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _fields(name: str, one: Meaning, other: Meaning) -> Iterator[Difference]:
    before, after = dict(one[1]), dict(other[1])
    for field in sorted(before.keys() | after.keys()):
        if before.get(field) != after.get(field):
            yield Difference(
                kind=Kind.FIELD,
                where=f"{name}.{field}",
                before=_value(before, field),
                after=_value(after, field),
            )


def _value(values: Mapping[str, Hashable], field: str) -> str:
    return str(values[field]) if field in values else _NOTHING


def _outcomes(name: str, ones: Sequence[Request], others: Sequence[Request]) -> Iterator[Difference]:
    """Compare what came of requests of a name; what nobody could see to its end says nothing."""
    before, after = (_what_came(each) for each in (ones, others))
    if before and after and before.keys() != after.keys():
        yield Difference(
            kind=Kind.OUTCOME, where=name, before=", ".join(before.values()), after=", ".join(after.values())
        )


def _what_came(requests: Iterable[Request]) -> dict[tuple[Outcome, tuple[int, ...]], str]:
    found = {}
    for request in requests:
        if request.outcome not in _SAYS_NOTHING:
            codes = tuple(sorted({error.code for error in request.errors}))
            said = f" ({', '.join(map(str, codes))})" if codes else ""
            found[request.outcome, codes] = f"{request.outcome.value}{said}"
    return dict(sorted(found.items()))


def _outputs(before: Ran, after: Ran) -> Iterator[Difference]:
    """Compare the lines that were written, without their numbers, without their order, and without notices.

    With another server version each message is written otherwise, and so is what libraries log of it. What both
    gateways say under one code, each in its own words, is the same.
    """
    worded = _worded_otherwise(before.asked, after.asked)
    notices = {_masked(each.text) for each in before.asked.notices ^ after.asked.notices}
    if before.spoken != after.spoken:
        before, after = (replace(ran, output=_own(ran.output), settled=_own(ran.settled)) for ran in (before, after))
    one, other = (_lines(ran.output, worded) for ran in (before, after))
    for key, line in (_lines(before.settled, worded) | _lines(after.settled, worded)).items():
        masked = _masked(line)
        if (key in one) != (key in other) and not any(notice in masked for notice in notices):
            yield Difference(
                kind=Kind.OUTPUT, where=masked, before=one.get(key, _NOTHING), after=other.get(key, _NOTHING)
            )
    yield from _numbers(before, after)


def _worded_otherwise(before: Asked, after: Asked) -> dict[str, str]:
    """Return the lines of texts that only one gateway said though both said the code, with what stands for them."""
    ones, others = _said(before), _said(after)
    lines = [(line, f"({code})") for code in ones.keys() & others.keys() for line in ones[code] ^ others[code]]
    return dict(sorted(lines, key=lambda each: (-len(each[0]), each)))


def _said(asked: Asked) -> defaultdict[int, set[str]]:
    """Return the lines of all errors and notices, without their numbers, by code."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for each in (*asked.notices, *(error for request in asked.requests for error in request.errors)):
        found[each.code].update(filter(None, map(_masked, each.text.splitlines())))
    return found


def _own(output: str) -> str:
    """Return what was written without what libraries log of each message, and the protobuf that they log with it."""
    kept, quoted = [], False
    for line in output.splitlines():
        quoted = _PROTOBUF.search(line) is not None or (quoted and _IN_PROTOBUF.fullmatch(line) is not None)
        if not quoted and not _OF_THE_WIRE.search(line):
            kept.append(line)
    return "\n".join(kept)


def _numbers(before: Ran, after: Ran) -> Iterator[Difference]:
    """Compare whole numbers that stand alone in a line that both wrote, such as how many there are of something.

    Others are prices, times and versions, and differ anyway; so do several in a line, as libraries log them of their
    connection. A server version is what was changed. Of a program that was ended, a line that is written again and
    again with other numbers counts something, and not how much it found.
    """
    spoken = {*before.spoken, *after.spoken}
    bounded = before.end.by_us or after.end.by_us
    one, other = (_counts(ran.output, spoken) for ran in (before, after))
    settled, settled_after = (_counts(ran.settled, spoken) for ran in (before, after))
    for masked in (each for each in settled if each in settled_after):
        gone, new = settled[masked] - other[masked], settled_after[masked] - one[masked]
        counting = bounded and max(len(one[masked]), len(other[masked])) > 1
        if (gone or new) and not counting:
            shown = (", ".join(sorted(some)[:_SHOWN]) or _NOTHING for some in (gone, new))
            yield Difference(kind=Kind.NUMBER, where=masked, before=next(shown), after=next(shown))


def _counts(output: str, spoken: Collection[int]) -> defaultdict[str, set[str]]:
    """Return the lines with one whole number by what is equal in them whatever the number."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in filter(str.strip, raised_in(output)[1].splitlines()):
        numbers = _NUMBER.findall(line)
        if len(numbers) == 1 and numbers[0].isdigit() and int(numbers[0]) not in spoken:
            found[_masked(line)].add(line.strip())
    return found


def _lines(output: str, worded: Mapping[str, str]) -> dict[str, str]:
    """Return the lines by what is equal in them, without those of tracebacks, which are exceptions.

    Args:
        output: what was written.
        worded: what stands for words of the gateway.
    """
    found: dict[str, str] = {}
    for line in raised_in(output)[1].splitlines():
        key = _masked(line)
        for words, code in worded.items():
            key = key.replace(words, code)
        if key:
            found.setdefault(key, line.strip())
    return found


def _masked(text: str) -> str:
    return _NUMBER.sub("#", text).strip()
