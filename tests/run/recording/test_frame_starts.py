"""Where frames begin is found in any pieces, as a reader of the frames finds it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from harness.run.recording.frame_starts import FrameStarts
from harness.wire.framing import encode_frame
from harness.wire.message import Sender
from tests.recordings.made import HELLO
from tests.recordings.test_cutting import PAYLOADS, split


@given(payloads=PAYLOADS, places=st.lists(st.integers(0, 300), max_size=10), sender=st.sampled_from(Sender))
@example(payloads=[], places=[4], sender=Sender.CLIENT)
def test_each_frame_begins_where_the_one_before_ends(payloads: list[bytes], places: list[int], sender: Sender) -> None:
    head = [HELLO[4:]] if sender is Sender.CLIENT else []
    frames = [*head, *map(encode_frame, payloads)]
    data = (HELLO[:4] if head else b"") + b"".join(frames)
    place, wanted = 4 if head else 0, list[int]()
    for frame in frames:
        wanted.append(place)
        place += len(frame)
    starts, found, at = FrameStarts(sender), list[int](), 0
    for part in [b"", *split(data, places)]:
        found += [at + start for start in starts.follow(part)]
        at += len(part)
        assert starts.is_between == (at in {*wanted, len(data)})
    assert found == wanted
    assert not starts.is_lost


def test_a_length_that_no_frame_has_is_found_in_any_pieces() -> None:
    for data in ([b"\0\0\0\1x\xff\xff\xff\xff"], [b"\0\0", b"\0\1x\xff\xff\xff", b"\xffabc"], [b"\0\0\0\0"]):
        starts = FrameStarts(Sender.GATEWAY)
        for part in data:
            starts.follow(part)
        assert starts.is_lost
        assert not starts.is_between
        assert starts.follow(b"\0\0\0\1x") == []
