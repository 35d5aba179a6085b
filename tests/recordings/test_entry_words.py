"""A recording in words: a line for each entry, whatever it is, with no more in memory than a connection needs."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given

from harness.recordings import entry_words
from harness.recordings.entry_words import in_words
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.wire.message import Sender
from harness.wire.transcript import Change
from tests.recordings.made import HELLO, SESSION, START, recorded


@given(entries=recorded())
def test_each_entry_has_its_line(entries: tuple[Entry, ...]) -> None:
    lines = list(in_words(entries))
    assert len(lines) == len(entries)


def test_what_was_said_is_said_in_words() -> None:
    texts = [line.text for line in in_words(SESSION)]
    assert texts[0] == "opened"
    assert texts[1:3] == ["hello v100..203", "server version 203 time='20261130 14:30:00 UTC'"]
    assert texts[3:5] == ["start api client_id=7", "managed accounts accounts='DU9000001'"]
    assert "70 bytes: it cannot be read" in texts[5]
    assert texts[6:] == ["half-closed by the client", "closed"]
    assert "2 pieces" in str(list(in_words(SESSION))[2])


def test_what_is_hidden_is_hidden_everywhere() -> None:
    why = "DU9000001 is not known"
    told = [*SESSION[:5], Omitted(at=1.0, connection=1, sender=Sender.CLIENT, size=1, why=why)]
    words = "\n".join(line.text for line in in_words(told, mask=lambda text: text.replace("DU9000001", "DU***")))
    assert "DU9000001" not in words
    assert words.count("DU***") == 2


def test_how_many_messages_were_passed_over_together_is_said() -> None:
    told: list[Entry] = [
        Opened(at=0.0, connection=1),
        Omitted(at=1.0, connection=1, sender=Sender.CLIENT, size=9, count=4, why="so"),
    ]
    assert [line.text for line in in_words(told)][1] == "omitted: 4 messages of 9 bytes: so"


def test_messages_without_a_version_reply_do_not_fill_the_memory() -> None:
    heard = 0

    def endless() -> Iterator[Entry]:
        nonlocal heard
        yield Opened(at=0.0, connection=1)
        yield Greeted(at=0.0, connection=1, data=HELLO)
        for heard in range(1, 10 * entry_words.MOST_EARLY):  # noqa: B007 - it is looked at outside
            yield Framed(at=1.0, connection=1, sender=Sender.CLIENT, payload=START)

    for shown, _ in enumerate(in_words(endless())):
        assert heard - shown <= entry_words.MOST_EARLY + 2


def test_a_connection_that_is_over_is_forgotten_and_its_number_is_free() -> None:
    told = [*SESSION, Opened(at=1.0, connection=2), Ended(at=2.0, connection=2, change=Change.CLOSED), *SESSION[:3]]
    assert [line.text for line in in_words(told)][-2:] == [line.text for line in in_words(SESSION)][1:3]
