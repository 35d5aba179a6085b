"""Files of days: what they may say, and how a mistake is told."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from harness.gateways.simulator.days.files import builtin, find, kinds, read
from harness.gateways.simulator.days.tables import Restart
from harness.gateways.simulator.days.times import After
from harness.shared.errors import SelectionError, UsageError

GOOD = 'says = "x"\n[[event]]\nat = "23:45"\nwhat = "restart"\n'
MISTAKES = {
    "": "d.toml: says: is missing",
    'says = "x"': "d.toml: event: is missing",
    'says = "x"\nevent = []': "d.toml: event: []: expected at least one",
    "says = ": "d.toml is no TOML: ",
    f"nights = 1\n{GOOD}": "d.toml: nights: unknown key",
    f'zone = "Mars"\n{GOOD}': "d.toml: zone: 'Mars': expected the name of a time zone such as US/Eastern",
    f'idle = ["secdefil"]\n{GOOD}': "d.toml: idle: ['secdefil']: expected farms of market data or history",
    'says = "x"\n[[event]]\nat = "23:45"': "d.toml: [[event]] 1: what: is missing; expected one of restart, ",
    'says = "x"\n[[event]]\nat = "23:45"\nwhat = "restat"': "[[event]] 1: what: 'restat': expected one of restart, ",
    'says = "x"\n[[event]]\nwhat = "restart"': "d.toml: [[event]] 1: at: is missing",
    f'{GOOD}last = "3s"': "d.toml: [[event]] 1: last: unknown key; did you mean 'lasts'?",
    f'{GOOD}lasts = "3"': """d.toml: [[event]] 1: lasts: '3': expected a time in quotes such as "35s", "20m" or""",
    f"{GOOD}lasts = 3": """d.toml: [[event]] 1: lasts: 3: expected a time in quotes such as "35s", "20m" or""",
    f'{GOOD}lasts = "200h"': """d.toml: [[event]] 1: lasts: '200h': expected a time in quotes""",
    f'{GOOD}lasts = "3s"\nuntil = "01:00"': """[[event]] 1: until: '01:00': expected one of "lasts" and "until\"""",
    f"{GOOD}times = 2": """[[event]] 1: times: 2: expected 1, unless there are "lasts" and a longer "every\"""",
    f'{GOOD}lasts = "9m"\nevery = "9m"\ntimes = 2': "[[event]] 1: times: 2: expected 1, unless there are",
    f'{GOOD}lasts = "9m"\nevery = "100h"\ntimes = 2': "[[event]] 1: times: 2: expected so few that",
    f'{GOOD}days = "mo"': """[[event]] 1: days: 'mo': expected days such as "mon-fri", "sun" or""",
    f"{GOOD}days = []": """[[event]] 1: days: []: expected days such as "mon-fri", "sun" or""",
    f"{GOOD}ids_back = -1": "[[event]] 1: ids_back: -1: expected greater than or equal to 0",
    f'{GOOD}certainty = "sure"': "[[event]] 1: certainty: 'sure': expected one of captured, documented, inferred",
    GOOD.replace("23:45", "24:45"): """[[event]] 1: at: '24:45': expected a time of a day such as "23:45", or one""",
    GOOD.replace("23:45", "+soon"): """[[event]] 1: at: '+soon': expected a time of a day such as "23:45", or one""",
    f"{GOOD}days = 'sun'".replace("23:45", "+3s"): "[[event]] 1: days: 'sun': expected no days: \"at\" is not a time",
    f'{GOOD}[[event]]\nat = "+1s"\nwhat = "farms-break"\nfarms = ["usfram"]': (
        "d.toml: [[event]] 2: farms: ['usfram']: expected some of usbond, eufarm, "
    ),
    f'{GOOD}[[event]]\nat = "+1s"\nwhat = "farms-idle"': "d.toml: [[event]] 2: farms: is missing",
    f"{GOOD}[[event]]\n[[event]]": "d.toml: [[event]] 3: what: is missing",
    'says = "x"\nevent = [3]': "d.toml: [[event]] 1: 3: expected a table",
    'says = "x"\nevent = 3': "d.toml: event: 3: expected a list",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_file_table_key_value_and_what_was_expected(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(text, "d.toml")
    assert MISTAKES[text] in str(raised.value)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    with pytest.raises(UsageError) as raised:
        read(f'{GOOD}lasts = 3\nids_back = "x"', "d.toml")
    assert len(str(raised.value).splitlines()) == 2


def test_a_mistake_draws_no_complaint_about_what_depends_on_it() -> None:
    with pytest.raises(UsageError) as raised:
        read(f'{GOOD}lasts = "3"\nevery = "1m"\ntimes = 2', "d.toml")
    assert len(str(raised.value).splitlines()) == 1


def test_times_days_and_spans_are_read() -> None:
    text = f'{GOOD}lasts = "1h2m3s"\ndays = ["sat-mon", "wed"]\n[[event]]\nat = "+1.5s"\nwhat = "farms-ok"\n'
    first, second = read(text, "d.toml").events
    assert isinstance(first, Restart)
    assert (first.at, first.lasts, first.days) == (dt.time(23, 45), 3723.0, frozenset({0, 2, 5, 6}))
    assert second.at == After(1.5)


def test_a_day_is_found_by_name_or_as_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text(GOOD)
    assert find("weekday").name == "weekday"
    assert find(str(file)).says == "x"


def test_a_day_that_does_not_exist_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="no day is called 'weekdy'; did you mean 'weekday'") as raised:
        find("weekdy")
    assert raised.value.hint == "Built in are bad-night, sunday, takeover, weekday; or name a file."
    with pytest.raises(UsageError, match="there is no such file"):
        find(str(tmp_path / "none.toml"))


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    for name in ("folder.toml", "bytes.toml"):
        with pytest.raises(UsageError, match=name):
            find(str(tmp_path / name))


def test_each_event_that_is_built_in_says_how_sure_it_is_and_why() -> None:
    assert set(builtin()) == {"bad-night", "sunday", "takeover", "weekday"}
    for day in builtin().values():
        assert [event.what for event in day.events if not (event.certainty and event.source)] == []


def test_each_kind_of_event_is_known_by_its_name() -> None:
    assert set(kinds()) == {
        *("restart", "weekly-login", "farms-break", "link-lost", "session-taken"),
        *("farms-idle", "farms-ok", "desupport", "notice"),
    }


def test_the_example_of_the_documents_is_read_and_each_key_is_in_them() -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "days.md").read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert [event.what for event in read(example, "days.md").events] == ["farms-break", "restart"]
    keys = {key for known in kinds().values() for key in known} | set(kinds())
    assert [key for key in sorted(keys) if f"`{key}" not in page and f"{key} =" not in page] == []
