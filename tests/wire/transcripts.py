"""Transcripts that nobody recorded: of an ordinary conversation, and any that there could be."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.side import ClientSide, GatewaySide
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Leg, Passed, Transcript

ACCOUNT = "DU9000001"
BEGAN = datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC)


def transcript(*entries: Entry) -> Transcript:
    return Transcript(began=BEGAN, listened=("127.0.0.1", 40001), gateway=("127.0.0.1", 4002), entries=entries)


def chunk(at: float, sender: Sender, data: bytes, connection: int = 1) -> Chunk:
    return Chunk(at=at, connection=connection, sender=sender, data=data)


def event(at: float, change: Change, by: Sender | None = None, reason: str | None = None) -> Event:
    return Event(at=at, connection=1, change=change, by=by, reason=reason)


def spoken(version: int) -> tuple[bytes, bytes, bytes, bytes]:
    """The bytes of a hello, the version reply, START_API and the managed accounts."""
    client, gateway = ClientSide(Hello(min_version=100, max_version=226)), GatewaySide()
    hello = client.greet()
    list(gateway.receive(hello))
    reply = gateway.accept(VersionReply(server_version=version, connection_time="20261121 10:00:00 EST"))
    list(client.receive(reply))
    start = client.send(Message("start_api", {"client_id": 7}))
    return hello, reply, start, gateway.send(Message("managed_accounts", {"accounts": ACCOUNT}))


def conversation(version: int, *more: Entry) -> Transcript:
    hello, reply, start, accounts = spoken(version)
    return transcript(
        event(0.1, Change.OPENED),
        chunk(0.2, Sender.CLIENT, hello),
        chunk(0.3, Sender.GATEWAY, reply),
        chunk(0.4, Sender.CLIENT, start),
        chunk(0.5, Sender.GATEWAY, accounts),
        *more,
    )


def talk(
    version: int, *requests: Message, client_id: int = 7, time: str = "10:00:00", connection: int = 1
) -> Transcript:
    """A connection at a server version, over which these requests are sent and the accounts come."""
    client, gateway = ClientSide(Hello(min_version=100, max_version=version)), GatewaySide()
    hello = client.greet()
    list(gateway.receive(hello))
    reply = gateway.accept(VersionReply(server_version=version, connection_time=f"20261121 {time} EST"))
    list(client.receive(reply))
    said = [hello, client.send(Message("start_api", {"client_id": client_id})), *map(client.send, requests)]
    told = [reply, gateway.send(Message("managed_accounts", {"accounts": ACCOUNT}))]
    entries = [chunk(number / 10, Sender.CLIENT, data, connection) for number, data in enumerate(said)]
    entries += [chunk(0.05 + number / 10, Sender.GATEWAY, data, connection) for number, data in enumerate(told)]
    return transcript(*sorted(entries, key=lambda entry: entry.at))


_TIMES = st.floats(0, 10_000)
_CONNECTIONS = st.integers(1, 3)
_SENDERS = st.sampled_from(Sender)
_WORDS = st.one_of(st.binary(max_size=60), st.sampled_from([part for v in (178, 203, 226) for part in spoken(v)]))

ANY_ENTRY: st.SearchStrategy[Entry] = st.one_of(
    st.builds(Chunk, at=_TIMES, connection=_CONNECTIONS, sender=_SENDERS, data=_WORDS),
    st.builds(
        LeftOut,
        at=_TIMES,
        connection=_CONNECTIONS,
        sender=_SENDERS,
        count=st.integers(1, 2**40),
        indexed=st.booleans(),
    ),
    st.builds(
        Passed,
        at=_TIMES,
        connection=_CONNECTIONS,
        kind=st.integers(0, 200),
        number=st.one_of(st.none(), st.integers(-1, 9)),
        count=st.integers(1, 2**40),
        size=st.integers(1, 2**40),
        payload=_WORDS,
    ),
    st.builds(
        Leg,
        at=_TIMES,
        connection=_CONNECTIONS,
        to=_SENDERS,
        round_trip=st.floats(0, 10_000).map(lambda seconds: round(seconds, 6)),
        lost=st.integers(0, 2**40),
    ),
    st.builds(
        Event,
        at=_TIMES,
        connection=_CONNECTIONS,
        change=st.sampled_from(Change),
        by=st.one_of(st.none(), _SENDERS),
        reason=st.one_of(st.none(), st.text(max_size=20)),
    ),
)
ANY_TRANSCRIPT = st.lists(ANY_ENTRY, max_size=20).map(lambda entries: transcript(*entries))
