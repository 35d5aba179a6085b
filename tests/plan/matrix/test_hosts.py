"""Whatever a host is spelled like, what leads to one place has one form; no name is looked up."""

from __future__ import annotations

import itertools
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.shared.hosts import LOOPBACK, one_form, stays_here

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES: tuple[tuple[str, ...], ...] = (
    (
        *(
            LOOPBACK,
            "127.1",
            "127.0.1",
            "127.000.000.001",
            "2130706433",
            "0x7f.1",
            "0177.1",
            "0x7F000001",
            "127.0.0.1.",
        ),
        *("0.0.0.0", "0", "0x0", "::", "0:0:0:0:0:0:0:0", "[::]", "::ffff:0.0.0.0"),  # noqa: S104 - nothing is bound
        *("::1", "0:0:0:0:0:0:0:1", "[::1]", "::0001", "::1%lo", "::ffff:127.0.0.1", "::FFFF:7f00:1"),
        *(
            "localhost",
            "LOCALHOST",
            "localhost.",
            " localhost ",
            "LocalHost.LocalDomain",
            "ip6-localhost",
            "a.localhost",
        ),
        *("\uff4cocalhost", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021"),
    ),
    ("127.0.0.2", "127.2", "0x7f.0.0.2", "::ffff:127.0.0.2"),
    ("10.0.0.1", "10.1", "012.0.0.1", "0xa.1", "167772161", "::ffff:10.0.0.1"),
    ("8.0.0.1", "010.0.0.1", "8.1"),
    ("2001:db8::1", "2001:DB8:0:0::1", "[2001:0db8::0001]"),
    ("fe80::1%eth0",),
    ("fe80::1%eth1",),
    ("::127.0.0.1",),
    ("box.example.org", "Box.example.org", "BOX.EXAMPLE.ORG."),
    ("b\u00fccher.example", "xn--bcher-kva.example"),
    ("localhost.example.org",),
    ("notlocalhost",),
    ("",),
    ("127.0.0.1.example",),
    ("127.0.0.256",),
    ("127.0.0.08",),
    ("127.0.0.0.1",),
    ("127..1",),
    ("127.0.0.0x",),
    ("4294967296",),
    ("1" * 5000,),
    (":::",),
)


@pytest.mark.parametrize("spellings", PLACES)
def test_every_spelling_of_one_place_has_one_form(spellings: tuple[str, ...]) -> None:
    assert {one_form(each) for each in spellings} == {one_form(spellings[0])}


def test_no_two_places_have_the_same_form() -> None:
    forms = [one_form(spellings[0]) for spellings in PLACES]
    assert sorted(set(forms)) == sorted(forms)


@pytest.mark.parametrize("host", list(itertools.chain.from_iterable(PLACES)))
def test_a_form_is_its_own_form(host: str) -> None:
    assert one_form(one_form(host)) == one_form(host)


@given(st.text(st.characters(max_codepoint=0x3000), max_size=20))
@example("0\x85[")
def test_every_text_has_a_form(host: str) -> None:
    assert one_form(one_form(host)) == one_form(host)


_BASES: tuple[Callable[[int], str], ...] = (str, hex, lambda number: f"0{number:o}", lambda number: f"000{number:o}")


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """An IPv4 address as it is usually written, and in another way."""
    numbers = draw(st.lists(st.integers(0, 255), min_size=4, max_size=4))
    count = draw(st.integers(0, 3))
    parts = [*numbers[:count], int.from_bytes(bytes(numbers[count:]), "big")]
    return ".".join(map(str, numbers)), ".".join(draw(st.sampled_from(_BASES))(part) for part in parts)


@given(spelled())
def test_an_address_in_other_numbers_is_that_address(both: tuple[str, str]) -> None:
    plain, other = both
    assert one_form(other) == one_form(plain)


@pytest.mark.skipif(sys.platform != "linux", reason="another system may take fewer spellings")
@given(spelled())
def test_numbers_are_read_as_the_system_reads_them(both: tuple[str, str]) -> None:
    found = socket.getaddrinfo(both[1], 4002, flags=socket.AI_NUMERICHOST, type=socket.SOCK_STREAM)
    assert one_form(both[1]) == one_form(str(found[0][4][0]))


@pytest.mark.parametrize("host", [*PLACES[0], *PLACES[1]])
def test_what_is_this_machine_s_loopback_is_known(host: str) -> None:
    assert stays_here(host)


@pytest.mark.parametrize("host", list(itertools.chain.from_iterable(PLACES[2:])))
def test_what_may_be_elsewhere_is_not_taken_for_it(host: str) -> None:
    assert not stays_here(host)
