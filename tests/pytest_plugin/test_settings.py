"""What is set for a gateway: the nearest counts, and a mistake says who made it, key, value, and what was expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from harness.pytest_plugin.settings import Settings, pairs, settings


def test_the_nearest_counts() -> None:
    given: list[tuple[str, Mapping[str, object]]] = [
        ("ini", {"seed": "1", "gateway": "10.37"}),
        ("option", {"gateway": "10.45"}),
        ("marker", {"seed": 3}),
    ]
    assert settings(given) == Settings(gateway="gateway-10.45", seed=3)


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("gateway", "10.50", "gateway-10.50"),
        ("gateway", "tws-10.45", "tws-10.45"),
        ("mode", "live", "live"),
        ("seed", "-7", -7),
        ("port", "4002", 4002),
        ("at", "2026-11-27T15:59:50-05:00", dt.datetime(2026, 11, 27, 20, 59, 50, tzinfo=dt.UTC)),
        ("at", None, None),
        ("fills", "by hand", "by hand"),
        ("account", "held", "held"),
        ("scenario", "read-only", "read-only"),
        ("day", "bad-night", "bad-night"),
    ],
)
def test_a_value_is_read_from_code_and_from_text(key: str, value: object, read: object) -> None:
    assert getattr(settings([("marker", {key: value})]), key) == read


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"sed": 1}, "unknown key 'sed'; did you mean 'seed'? There are: gateway, mode, "),
        (
            {"gateway": "10.38"},
            "gateway='10.38': expected a version that can be simulated; did you mean gateway-10.4",
        ),
        ({"mode": "real"}, "mode='real': expected 'paper' or 'live'"),
        ({"market": "up"}, "market='up': expected 'moving' or 'still'"),
        ({"clock": "fast"}, "clock='fast': expected 'stepped' or 'wall'"),
        ({"fills": "never"}, "fills='never': expected 'market' or 'by hand'"),
        ({"account": 1}, "account=1: expected 'empty' or 'held'"),
        ({"seed": "one"}, "seed='one': expected a whole number"),
        ({"seed": 1.5}, "seed=1.5: expected a whole number"),
        ({"seed": True}, "seed=True: expected a whole number"),
        ({"port": 65_536}, "port=65536: expected a whole number from 0 to 65535"),
        ({"port": -1}, "port=-1: expected a whole number from 0 to 65535"),
        ({"at": "noon"}, "at='noon': expected a moment with its zone, such as '2026-11-27T15:59:50-05:00'"),
        ({"at": "2026-11-27T12:00"}, "expected a zone with it, such as '2026-11-27T12:00:00-05:00'"),
        ({"scenario": "read-onli"}, "as `ib-compat scenarios` lists them; did you mean 'read-only'?"),
        ({"day": "weekdy"}, "day='weekdy': expected a day of `ib-compat days`, or a file with one; no day is called"),
        ({"speed": 0, "clock": "wall"}, "speed=0: expected a number above 0"),
        ({"speed": "inf", "clock": "wall"}, "speed='inf': expected a number above 0"),
        ({"speed": 2}, "speed=2: expected clock='wall' with it; 'stepped' is stepped"),
    ],
)
def test_a_mistake_is_told(said: Mapping[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=r"^the marker: ") as caught:
        settings([("the marker", said)])
    assert expected in str(caught.value)


def test_a_text_without_a_value_is_a_mistake() -> None:
    assert pairs(["gateway = 10.50"], "--ib-gateway") == {"gateway": "10.50"}
    with pytest.raises(ValueError, match=r"^--ib-gateway: '10.50': expected KEY=VALUE, such as gateway=10.50$"):
        pairs(["10.50"], "--ib-gateway")
