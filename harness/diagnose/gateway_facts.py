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

    Args:
        stage: the first stage that the reference client's plain attempt did not pass; empty if it passed all.
        ended: how the plain attempt ended.
        account_list: the plain attempt got a list of accounts.
        accounts: that list contains an account.
        next_valid_id: the plain attempt got the next valid id.
        in_pieces: the version reply came in pieces.
        early: other frames came before the version reply.
        old: the version is older than any client.
        lost: the gateway has lost its connection to IBKR.
        id_in_use: the client id is in use, according to error 326.
        passed_over: some addresses of the host name did not take the connection.
        bytes_came: any attempt received bytes.
        speaks: what the other end speaks.
        trickles: bytes come drop by drop.
        late: the answer comes late.
        again: the outcome of the same attempt, made again.
        other_address: the outcome at this machine's other address.
        other_ids: the outcome with other client ids.
        together: the outcome of a second client beside the first.
        alone: the outcome of a second client after the first.
        narrower: the outcome with a narrower range of versions.
        starved: an attempt was given up because this machine was too busy to listen.
        endless: an attempt was cut off because more came than any gateway sends.
        start: the overall outcome of the requests that libraries begin with; empty if they were not sent.
        executions: the request for executions stayed unanswered.
        optional: an unanswered request is one that ib_async can be configured to leave out.
        read_only: the API is read-only, according to the gateway's settings or refusals.
        local: the gateway is on this machine.
        runs: a gateway or TWS runs on this machine.
        listener: what listens on the port.
        elsewhere: something listens on another usual port.
        stuck: connections of others are unread or were never accepted, and their clients are gone.
        waiting: connections of others are waiting to be accepted.
        left_over: connections of others are left in CLOSE_WAIT.
        mute: some of those never sent a byte.
        reads_us: the gateway has read what our open connection sent.
        others: other clients are connected.
        trusted: our address is trusted.
        forwarded: the port is a forwarder's in the usual containers.
        boot: the code of what kept a container from becoming a gateway; empty if nothing did.
        gone: the container became a gateway, and ended by itself.
        answered_before: an earlier attempt of the same run passed.
        answers_again: the same attempt passed, tried again or with another client id.
        probe_malformed: the verdict is about a hello that is malformed.
        answers_elsewhere: the outcome at another usual port, if nobody listens at this one.
        other_version: it speaks another server version than its declared version is known to speak.
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
"""Names of the facts that a simulated gateway may declare, because nobody can examine the machine that it plays."""


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
    """Return the facts, with those about the machine replaced by what a simulated gateway declares."""
    return replace(facts, **{key: value for key, value in of_the_host.items() if key in OF_THE_HOST})  # type: ignore[arg-type]


def passed_over(found: Search) -> tuple[str, ...]:
    """Return the addresses of the host that refuse while another answers, including the other one of ``localhost``."""
    other = found.find(tries.OTHER_ADDRESS)
    if not found.plain.passed or other is None or other.ended is not Ended.REFUSED or other.address is None:
        return found.plain.passed_over
    return (*found.plain.passed_over, other.address[0])


def unanswered(plain: ProbeRecord) -> tuple[str, ...]:
    """Return the start-up requests that got no answer, each kind once."""
    return tuple(dict.fromkeys(each.request for each in plain.asked if each.answer is Answer.UNANSWERED))


def _start(plain: ProbeRecord) -> str:
    """Return the worst outcome of the requests that libraries begin with."""
    became = {each.answer for each in plain.asked}
    if plain.unasked is not None and became <= {Answer.ANSWERED}:
        return ""  # nobody knows it of the others
    return next((str(each) for each in _WORST_FIRST if each in became), "")


def _read_only(plain: ProbeRecord) -> bool | None:
    """Return whether the API is read-only: yes after a refusal that says so, no after an answer about orders."""
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
    """Return whether the gateway's latest notice about its connection to IBKR says that it is lost."""
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
