"""Derives the facts for the verdict on a gateway, each with few values, from reference client, machine and address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.diagnose.control import search as tries
from harness.diagnose.host import usual_ports
from harness.shared.evidence import Answer, Ended
from harness.shared.evidence.probe_record import EXECUTIONS, OPEN_ORDERS, POSITIONS

if TYPE_CHECKING:
    from harness.shared.evidence import ProbeRecord, Search

PASSES, FAILS, SAME, DIFFERS, UNTRIED = "passes", "fails", "same", "differs", "untried"

LATE = 1.0
"""Seconds to the first byte from which an answer is late; a healthy gateway on the same machine needs milliseconds."""

_WORST_FIRST = (Answer.ENDED, Answer.UNANSWERED, Answer.UNREAD, Answer.REFUSED, Answer.ANSWERED)

_LOST, _RESTORED = frozenset({1100, 2110}), frozenset({1101, 1102})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts about a gateway; ``None`` and ``unknown`` if nobody could see them.

    From the reference client's plain attempt: ``stage`` not passed (empty where all were), how it ``ended``, whether a
    list of accounts and an account in it came, and the next valid id, whether the version reply came ``in_pieces`` or
    after other frames (``early``), whether its version is ``old``er than any client, ``lost`` connection to IBKR,
    ``id_in_use`` as 326 says, ``passed_over`` addresses of its name.

    From all attempts: ``bytes_came``, what the other end ``speaks``, whether it ``trickles`` or answers ``late``, how
    the same went ``again``, at the ``other_address`` of this machine, with ``other_ids``, for a second client
    ``together`` with the first and ``alone`` after it, whether a ``narrower`` range of versions is answered; whether
    one was given up because this machine was too busy to listen (``starved``), or was cut off because more came than
    any gateway sends (``endless``).

    From the requests that libraries begin with: their overall outcome at the ``start`` (empty if they were not sent),
    whether the one for ``executions`` stayed unanswered, and any that ib_async can be configured to leave out
    (``optional``), whether the API is ``read_only``, as the gateway says of its settings or in its refusals.

    From the host: whether the gateway is ``local``, whether a gateway or TWS ``runs`` there, what the ``listener`` is,
    whether another usual port listens (``elsewhere``), whether others' connections are ``stuck`` (unread or never
    accepted, their clients gone), ``waiting`` to be accepted, or left in CLOSE_WAIT (``left_over``), some of them
    without having said a byte (``mute``), whether what stands of ours was read (``reads_us``), whether ``others`` are
    connected, and whether our address is ``trusted``. ``forwarded`` ports are those of the usual containers.
    ``answers_elsewhere``: whether the API is answered at another usual port, where nobody listens at this one.

    ``boot`` is the code of what kept a container from becoming a gateway, empty where nothing did; ``gone`` says that
    it became one, and ended by itself.
    ``answered_before``: an earlier attempt of the same run passed. ``answers_again``: so did the same, tried once more
    or with another client id. ``other_version``: it speaks another server version than the version that it is called is
    known to speak. ``probe_malformed``: the verdict is asked of a hello that is none.
    """

    stage: str = ""
    ended: str = Ended.READY
    account_list: bool = True
    accounts: bool = True
    next_valid_id: bool = True
    in_pieces: bool = False
    early: bool = False
    old: bool = False
    lost: bool = False
    id_in_use: bool = False
    passed_over: bool = False
    bytes_came: bool = True
    speaks: str = tries.API
    trickles: bool = False
    late: bool = False
    again: str = UNTRIED
    other_address: str = UNTRIED
    other_ids: str = UNTRIED
    together: str = UNTRIED
    alone: str = UNTRIED
    narrower: str = UNTRIED
    starved: bool = False
    endless: bool = False
    start: str = ""
    executions: bool = False
    optional: bool = False
    read_only: bool | None = None
    local: bool = False
    runs: bool | None = None
    listener: str = "unknown"
    elsewhere: bool | None = None
    stuck: bool | None = None
    waiting: bool | None = None
    left_over: bool | None = None
    mute: bool | None = None
    reads_us: bool | None = None
    others: bool | None = None
    trusted: bool | None = None
    forwarded: bool = False
    boot: str = ""
    gone: bool = False
    answered_before: bool = False
    answers_again: bool = False
    probe_malformed: bool = False
    answers_elsewhere: str = UNTRIED
    other_version: bool | None = None


OF_THE_HOST = frozenset(
    {
        *("local", "runs", "listener", "elsewhere", "stuck", "waiting", "left_over", "mute", "reads_us", "others"),
        *("trusted", "forwarded"),
    }
)
"""Facts that a simulated gateway may declare: the machine that it plays cannot be looked at."""


def of_search(found: Search, *, port: int) -> Facts:
    """Return the facts from the reference client's attempts."""
    plain = found.plain
    again = _compared(found.find(tries.AGAIN) or found.find(tries.LONGER), plain)
    other_ids = _any_passes(found.find(when) for when in tries.OTHER_IDS)
    attempts = [
        attempt for attempt in found.attempts if attempt.when != tries.OTHER_ADDRESS
    ]  # somebody else's, perhaps
    return Facts(
        stage=plain.stage or "",
        ended=plain.ended or "",
        account_list=plain.account_list,
        accounts=bool(plain.accounts),
        next_valid_id=plain.next_order_id is not None,
        in_pieces=plain.reply_pieces > 1 and not plain.trickles,
        early=plain.early_frames > 0,
        old=_is_old(plain),
        lost=has_lost_ibkr(plain),
        id_in_use=plain.id_in_use,
        passed_over=bool(passed_over(found)),
        bytes_came=any(attempt.received for attempt in attempts) or found.speaks is not None,
        speaks=found.speaks or "nothing",
        trickles=any(each.trickles for each in attempts),
        late=any(map(_is_late, attempts)),
        again=again,
        other_address=UNTRIED if plain.passed else _any_passes([found.find(tries.OTHER_ADDRESS)]),
        other_ids=other_ids,
        answers_again=PASSES in {again, other_ids},
        together=_any_passes([found.find(tries.TOGETHER)]),
        alone=_any_passes([found.find(tries.ALONE)]),
        narrower=_narrower(found),
        starved=any(attempt.starved for attempt in attempts),
        endless=any(attempt.ended is Ended.ENDLESS for attempt in attempts),
        start=_start(plain),
        executions=EXECUTIONS in unanswered(plain),
        optional=any(request != POSITIONS for request in unanswered(plain)),
        read_only=_read_only(plain),
        forwarded=any(each.forwarded for each in usual_ports() if each.number == port),
    )


def declared(facts: Facts, of_the_host: Mapping[str, str | bool]) -> Facts:
    """Return the facts with those of the host as a simulated gateway declares them."""
    return replace(facts, **{key: value for key, value in of_the_host.items() if key in OF_THE_HOST})  # type: ignore[arg-type]


def passed_over(found: Search) -> tuple[str, ...]:
    """Return the addresses of the host's name, or the other one of ``localhost``, that refuse where another answers."""
    other = found.find(tries.OTHER_ADDRESS)
    if not found.plain.passed or other is None or other.ended is not Ended.REFUSED or other.address is None:
        return found.plain.passed_over
    return (*found.plain.passed_over, other.address[0])


def unanswered(plain: ProbeRecord) -> tuple[str, ...]:
    """Return what was asked in vain of those requests, each kind once."""
    return tuple(dict.fromkeys(each.request for each in plain.asked if each.answer is Answer.UNANSWERED))


def _start(plain: ProbeRecord) -> str:
    """Return the worst that became of a request that libraries begin with."""
    became = {each.answer for each in plain.asked}
    return next((str(each) for each in _WORST_FIRST if each in became), "")


def _read_only(plain: ProbeRecord) -> bool | None:
    """Return whether the API is read-only: a refusal shows that it is, answers about orders that it is not."""
    if any(each.is_read_only for each in plain.asked) or (plain.settings is not None and plain.settings.read_only):
        return True
    orders = [each for each in plain.asked if each.request == OPEN_ORDERS]
    return False if orders and all(each.answer is Answer.ANSWERED for each in orders) else None


def _is_late(attempt: ProbeRecord) -> bool:
    first = attempt.seconds.get("first byte")
    return first is not None and "version" in attempt.seconds and first - attempt.seconds["tcp"] > LATE


def _is_old(plain: ProbeRecord) -> bool:
    version, announced = plain.server_version, plain.announced
    return version is not None and announced is not None and 0 <= version < announced.min


def has_lost_ibkr(plain: ProbeRecord) -> bool:
    """Return whether the last word on the connection to IBKR is that it is lost."""
    words = [notice.code in _LOST for notice in plain.notices if notice.code in _LOST | _RESTORED]
    return bool(words) and words[-1]


def _compared(attempt: ProbeRecord | None, plain: ProbeRecord) -> str:
    if attempt is None:
        return UNTRIED
    if attempt.passed:
        return PASSES
    return SAME if (attempt.stage, attempt.ended) == (plain.stage, plain.ended) else DIFFERS


def _any_passes(attempts: Iterable[ProbeRecord | None]) -> str:
    made = [attempt for attempt in attempts if attempt is not None]
    if not made:
        return UNTRIED
    return PASSES if any(attempt.passed for attempt in made) else FAILS


def _narrower(found: Search) -> str:
    if found.find(tries.TEXT) is None or found.plain.passed:
        return UNTRIED
    return PASSES if found.highest_answered is not None and found.plain.server_version is None else FAILS
