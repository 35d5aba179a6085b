"""A transcript becomes whole messages; what it did not keep is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given

from harness.recordings.entry_lines import from_line, to_line
from harness.recordings.imports.source import Source, Sources
from harness.recordings.imports.transcript_entries import NOT_KEPT, transcript_entries
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.recordings.summary import Summary
from harness.wire.message import Sender
from harness.wire.transcript import Change, LeftOut, Leg, Passed, Transcript
from tests.recordings.imports.capturing import payload, said
from tests.wire.transcripts import ANY_TRANSCRIPT, BEGAN, chunk, conversation, event, spoken, transcript

CLIENT, GATEWAY = Sender
HELLO, REPLY, START, ACCOUNTS = spoken(178)
BEGUN = [(CLIENT, HELLO), (GATEWAY, payload(REPLY)), (CLIENT, payload(START)), (GATEWAY, payload(ACCOUNTS))]


def entries_of(*more: object) -> list[Entry]:
    return list(transcript_entries(conversation(178, *more)))  # type: ignore[arg-type]


def test_chunks_become_whole_messages() -> None:
    pieces = [chunk(place / 100, CLIENT, bytes((each,))) for place, each in enumerate(HELLO + START)]
    entries = list(transcript_entries(transcript(event(0.0, Change.OPENED), *pieces)))
    assert [type(each) for each in entries] == [Opened, Greeted, Framed]
    assert isinstance(entries[2], Framed)
    assert (entries[2].at, entries[2].pieces) == (pieces[-1].at, len(START))


def test_what_became_of_a_connection_is_kept() -> None:
    entries = entries_of(
        event(0.6, Change.HALF_CLOSED, CLIENT),
        Leg(at=0.7, connection=1, to=GATEWAY, round_trip=0.2, lost=3),
        event(0.8, Change.CLOSED),
    )
    assert said(entries) == BEGUN
    assert entries[-2:] == [
        Ended(at=0.6, connection=1, change=Change.HALF_CLOSED, by=CLIENT),
        Ended(at=0.8, connection=1, change=Change.CLOSED),
    ]


def test_a_connection_that_ib_compat_cut_off_is_closed() -> None:
    assert entries_of(event(0.6, Change.CUT_OFF, GATEWAY, "too much"))[-1] == Ended(
        at=0.6, connection=1, change=Change.CLOSED, by=GATEWAY
    )


def test_a_gateway_that_was_not_reached_was_asked() -> None:
    entries = list(transcript_entries(transcript(event(0.6, Change.REFUSED, GATEWAY, "refused"))))
    assert entries == [
        Opened(at=0.6, connection=1),
        Ended(at=0.6, connection=1, change=Change.REFUSED, by=GATEWAY),
    ]


def test_bytes_that_were_not_kept_are_counted_with_the_beginning_of_their_message() -> None:
    entries = entries_of(chunk(0.6, CLIENT, START[:5]), LeftOut(at=0.7, connection=1, sender=CLIENT, count=900))
    assert said(entries) == BEGUN
    assert entries[-1] == Omitted(at=0.7, connection=1, sender=CLIENT, size=905, count=2, why=NOT_KEPT)


def test_messages_that_were_passed_on_are_kept_or_counted_each() -> None:
    kept = payload(ACCOUNTS)
    entries = entries_of(
        chunk(0.6, GATEWAY, ACCOUNTS[:5]),
        LeftOut(at=0.7, connection=1, sender=GATEWAY, count=900, indexed=True),
        event(1.0, Change.CLOSED),
        Passed(at=0.8, connection=1, kind=15, size=len(kept), payload=kept),
        Passed(at=0.9, connection=1, kind=1, number=7, count=20, size=800),
    )
    assert entries[-3:] == [
        Framed(at=0.8, connection=1, sender=GATEWAY, payload=kept),
        Omitted(at=0.9, connection=1, sender=GATEWAY, size=800, kind=1, count=20, why=NOT_KEPT),
        Ended(at=1.0, connection=1, change=Change.CLOSED),
    ]
    assert not any(isinstance(each, Omitted) for each in entries[:-3])


@given(ANY_TRANSCRIPT)
def test_any_transcript_makes_entries_in_order(given_transcript: Transcript) -> None:
    entries = list(transcript_entries(given_transcript))
    assert [each.at for each in entries] == sorted(each.at for each in entries)


def sources(*transcripts: Transcript, library: str = "ib_async==2.1.0") -> Sources:
    return Sources(
        [
            Source(
                name=str(number),
                began=each.began,
                entries=lambda each=each: transcript_entries(each),  # type: ignore[misc]
                libraries={1: f"{library}+{number}"},
                connections=(1,),
            )
            for number, each in enumerate(transcripts)
        ]
    )


def test_sources_are_told_in_the_order_of_time_each_with_its_own_connections() -> None:
    early = conversation(178, event(0.9, Change.CLOSED))
    late = replace(conversation(157, event(0.8, Change.CLOSED)), began=BEGAN + timedelta(seconds=0.25))
    together = sources(late, early)
    entries = list(together.entries())
    assert together.began == early.began
    assert together.libraries == {1: "ib_async==2.1.0+1", 2: "ib_async==2.1.0+0"}
    assert said(entries, 1) == BEGUN
    assert len(said(entries, 2)) == len(BEGUN)
    assert [each.at for each in entries if isinstance(each, Opened)] == [0.1, 0.35]
    summary = Summary()
    for entry in entries:
        summary.take(entry)


def test_a_source_is_read_when_its_time_has_come() -> None:
    read = list[str]()

    def source(name: str, seconds: int) -> Source:
        def entries() -> list[Entry]:
            read.append(name)
            return [Opened(at=0.0, connection=1)]

        return Source(name=name, began=BEGAN + timedelta(seconds=seconds), entries=lambda: iter(entries()))

    told = Sources([source("b", 5), source("a", 0)]).entries()
    next(told)
    assert read == ["a"]
    assert [each.at for each in told] == [5.0]


def test_sources_that_are_a_lifetime_apart_are_told_in_an_order_that_a_recording_may_have() -> None:
    far = [conversation(178, event(0.9, Change.CLOSED)), replace(conversation(178), began=BEGAN.replace(year=9000))]
    summary = Summary()
    for entry in sources(*far).entries():
        summary.take(from_line(to_line(entry)))
