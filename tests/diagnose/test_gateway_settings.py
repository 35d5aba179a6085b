"""What the settings mean that a gateway tells of itself."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from harness.diagnose.gateway_settings import NO_CLIENTS, Clients, flags, notes
from harness.shared.evidence import ApiSettings

KNOWN = Clients(environment=0, matrix=range(7300, 7400), doctor=range(7389, 7401))


@pytest.mark.parametrize(
    ("master", "code"),
    [
        (0, "your-client-is-master"),
        (7300, "matrix-client-is-master"),
        (7399, "matrix-client-is-master"),
        (7400, "doctor-is-master"),
        (7401, "master-client"),
        (-1, "master-client"),
    ],
)
def test_whoever_has_the_master_client_id_is_told_so(master: int, code: str) -> None:
    (note,) = notes(ApiSettings(master_client_id=master), KNOWN)

    assert note.code == code
    assert f"client id {master} " in note.says


def test_it_concerns_nobody_where_no_ids_are_known() -> None:
    assert [note.code for note in notes(ApiSettings(master_client_id=0), NO_CLIENTS)] == ["master-client"]


@pytest.mark.parametrize("settings", [None, ApiSettings(read_only=True)])
def test_nothing_is_said_of_a_master_that_was_not_told(settings: ApiSettings | None) -> None:
    assert notes(settings, KNOWN) == ()


FLAGS = [each.name for each in fields(ApiSettings) if each.type == "bool | None"]


def played(**told: Any) -> ApiSettings:
    return ApiSettings(**told)


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_that_is_on_is_told_and_no_other(flag: str) -> None:
    (said,) = flags(played(**{flag: True}))

    assert said not in flags(played(**{**dict.fromkeys(FLAGS, True), flag: False}))
