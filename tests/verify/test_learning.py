"""What a recording teaches of its gateway: tables as the project has them, each with its source, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import tomllib
from hypothesis import given
from hypothesis import strategies as st

from harness.gateways.simulator.days.farms import all_farms
from harness.known.gateway_versions import KnownVersion
from harness.known.scenarios import Behaviour, TimeZones
from harness.recordings.archive import read_recording
from harness.recordings.exchanges import dialogues_of
from harness.recordings.recording import Recording
from harness.shared.desupport_text import Desupport
from harness.shared.errors import ResultsError
from harness.verify.learning import learned
from tests.recordings.making import Script
from tests.recordings.simulated import file_of
from tests.verify.sessions import with_gateway

SOURCE = "recording of 2026-11-20"
SIMULATED = f"{SOURCE}, of a simulated gateway"
UNSEEN = f"{SOURCE}, of a gateway that may be real or simulated"
NOTICE = Desupport("1045.1", "2026-12-15", "1050.1").text


def text_of(recording: Recording) -> str:
    return learned(recording.manifest, dialogues_of(recording))


def tables_of(script: Script, **gateway: Any) -> dict[str, Any]:
    return tomllib.loads(text_of(with_gateway(script.recording(), **gateway)))


def connected(version: int = 223, most: int = 226) -> tuple[Script, int]:
    script = Script()
    return script, script.connect(version, most=most)


def test_a_version_that_was_measured_is_a_profile() -> None:
    script, one = connected()
    script.says(one, "error", req_id=-1, code=2172, text=NOTICE)
    tables = tables_of(script, product="tws", build="10.45.1j", kind="address", program="tws")
    (profile,) = tables["profile"]
    assert KnownVersion(**profile) == KnownVersion(
        product="tws",
        version="10.45",
        server_version=223,
        evidence="measured",
        source=SOURCE,
        notice_2172="1045.1",
    )
    (end,) = tables["desupport"]
    assert (end["day"].isoformat(), end["minimum"], end["source"]) == ("2026-12-15", "1050.1", SOURCE)
    assert end["seen"].isoformat() == "2026-11-20"


@pytest.mark.parametrize(
    ("gateway", "source"),
    [
        ({"kind": "address"}, UNSEEN),
        ({"kind": "simulator"}, SIMULATED),
        ({"kind": "address", "program": "ib-compat"}, SIMULATED),
    ],
)
def test_what_may_be_simulated_measures_nothing(gateway: dict[str, str], source: str) -> None:
    script, _ = connected()
    (profile,) = tables_of(script, product="tws", build="10.45.1j", **gateway)["profile"]
    assert (profile["evidence"], profile["source"]) == ("inferred", source)


@pytest.mark.parametrize(
    ("version", "most", "gateway"),
    [
        (178, 178, {"product": "gateway", "build": "10.45.1c"}),
        (223, 226, {"product": "gateway", "build": ""}),
        (223, 226, {"product": "", "build": "10.45.1c"}),
        (223, 226, {"product": "gateway", "build": "10.45\nx = 1"}),
    ],
)
def test_what_is_not_known_is_no_profile(version: int, most: int, gateway: dict[str, str]) -> None:
    script, _ = connected(version, most)
    assert "profile" not in tables_of(script, **gateway)


def test_settings_and_zone_are_keys_of_a_behaviour() -> None:
    script, one = connected()
    script.asks(one, "req_config", req_id=1)
    script.says(one, "config", req_id=1, read_only=True, master_client_id=3, time_zone="utc")
    settings = tables_of(script)["settings"]
    assert settings["source"] == SIMULATED
    behaviour = Behaviour.model_validate(settings["behaviour"])
    assert (behaviour.read_only, behaviour.master_client_id, behaviour.login_zone) == (True, 3, "UTC")
    assert behaviour.time_zone is TimeZones.UTC


def test_addresses_and_words_that_no_simulated_gateway_knows_are_not_learned() -> None:
    script, one = connected()
    script.asks(one, "req_config", req_id=1)
    script.says(one, "config", req_id=1, time_zone="the moon", trusted_ips=({"address": "192.0.2.7"},))
    text = text_of(script.recording())
    assert "the moon" not in text
    assert "192.0.2.7" not in text


def test_farms_are_named_once_and_other_notices_are_quoted() -> None:
    script, one = connected()
    for code, text in (
        (2104, "Market data farm connection is OK:usfarm.nj"),
        (2103, "Market data farm connection is broken:usfarm.nj"),
        (2107, "HMDS data farm connection is inactive but should be available upon demand.euhmds"),
        (2110, "Connectivity between TWS and server is broken."),
        (1100, "Connectivity has been lost."),
    ):
        script.says(one, "error", req_id=-1, code=code, text=text)
    tables = tables_of(script)
    assert [(farm["name"], farm["kind"]) for farm in tables["farm"]] == [("usfarm.nj", "market"), ("euhmds", "history")]
    assert [notice["code"] for notice in tables["notice"]] == [2110]


def test_every_table_says_that_it_is_from_a_recording() -> None:
    recording = read_recording(file_of("gateway-10.45"))
    tables = tomllib.loads(text_of(recording))
    assert {farm["name"] for farm in tables["farm"]} - {"secdefnj"} <= all_farms().keys()
    rows = [tables["settings"], *(row for name, rows in tables.items() if name != "settings" for row in rows)]
    assert {row["source"] for row in rows} == {"recording of 2026-11-27, of a simulated gateway"}


def test_an_account_in_a_notice_is_masked() -> None:
    script, one = connected()
    script.says(one, "error", req_id=-1, code=2100, text="unsubscribed from account data of U1234567")
    assert "U1234567" not in text_of(script.recording())


def test_what_was_not_cleaned_teaches_nothing() -> None:
    script, _ = connected()
    manifest = script.recording().manifest.model_copy(update={"cleaned": False})
    with pytest.raises(ResultsError, match="not cleaned"):
        learned(manifest, ())


NAMES = st.text(max_size=30).filter(lambda text: "\0" not in text)


@given(text=NAMES, build=NAMES, product=NAMES, code=st.integers(2100, 2199))
def test_whatever_a_gateway_says_the_tables_can_be_read(text: str, build: str, product: str, code: int) -> None:
    script, one = connected()
    script.says(one, "error", req_id=-1, code=code, text=text)
    tables_of(script, build=build, product=product)
