"""Formats the measured values that fill the braces in a rule's text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from harness.diagnose.control import other_protocols
from harness.diagnose.control import search as tries
from harness.diagnose.gateway_facts import passed_over, unanswered
from harness.diagnose.host import HostView, Kind, Side
from harness.known.gateway_versions import answered_as, server_version_of
from harness.shared.amounts import counted, duration
from harness.shared.evidence import Answer, Ended
from harness.shared.evidence.probe_record import (
    ACCOUNT_UPDATES,
    ACCOUNT_UPDATES_MULTI,
    COMPLETED_ORDERS,
    EXECUTIONS,
    OPEN_ORDERS,
)
from harness.shared.hosts import written

if TYPE_CHECKING:
    from harness.diagnose.host import Owner
    from harness.shared.evidence import BootRecord, ProbeRecord, Search, Way

_FIELDS = {
    OPEN_ORDERS: "ORDERS_OPEN",
    COMPLETED_ORDERS: "ORDERS_COMPLETE",
    ACCOUNT_UPDATES: "ACCOUNT_UPDATES",
    ACCOUNT_UPDATES_MULTI: "SUB_ACCOUNT_UPDATES",
    EXECUTIONS: "EXECUTIONS",
}
"""Names in ib_async's ``StartupFetch`` (1.0.3 to 2.1.0) of requests that its connect can leave out; not positions."""

PRODUCTS = {"gateway": "Gateway", "tws": "TWS"}
_EITHER = "Gateway or TWS"
_PLAYS = "simulated Gateway of ib-compat"
_ALL_IS_WELL = frozenset({2104, 2106, 2158, 2172})
_OF_THE_HOST = (
    *("listener", "elsewhere", "strangers", "stuck", "waiting", "left_over", "makers", "mute", "processes", "trusted"),
)
_PLAYED = "as the machine that is played would show"
_FEW_READS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the gateway is called."""

    host: str
    port: int
    product: str | None
    client_id: int
    called: str | None = None

    @property
    def address(self) -> str:
        """Host and port, as the command line takes them."""
        return written(self.host, self.port)


def _called(names: Names, seen: int | None) -> Mapping[str, str]:
    """Return its declared version, the server version of that, and its version by what it spoke."""
    product, called = names.product or "gateway", names.called or "unknown"
    expected = server_version_of(product, called)
    known_as = answered_as(product, called, seen)
    return {"called": called, "expected_version": str(expected or "unknown"), "known_as": known_as or called}


def words_of(
    names: Names,
    found: Search,
    view: HostView | None,
    declared: Mapping[str, str | bool],
    *,
    probe: str | None,
    elsewhere: tuple[ProbeRecord, ...] = (),
) -> Mapping[str, str]:
    """Return the values of all words in braces that a rule may use; for what was not measured, a word that says so."""
    plain = found.plain
    return {
        "host": names.host,
        "port": str(names.port),
        "address": names.address,
        **_product("ours" if _is_ours(view, declared) else names.product),
        "client_id": str(names.client_id),
        "probe": probe or "",
        "answering": _answering(elsewhere),
        "control": "got through" if plain.passed else f"stopped at {plain.stage}: {plain.reason}",
        "stage": plain.stage or "nothing",
        "reason": plain.reason or "no reason was given",
        "version": str(plain.server_version),
        **_called(names, plain.server_version),
        "numeric": plain.address[0] if plain.address else names.host,
        "passed_over": ", ".join(passed_over(found)),
        "pieces": str(plain.reply_pieces),
        "early": counted(plain.early_frames, "frame"),
        "said": _said(plain),
        "patience": duration(max((attempt.timeout for attempt in found.attempts), default=0)),
        **_of_start(plain),
        **_of_attempts(found),
        **_of_host(view, declared),
    }


def _of_start(plain: ProbeRecord) -> Mapping[str, str]:
    """Return the words of the requests that libraries begin with."""
    missing = unanswered(plain)
    refusals = dict.fromkeys(f"{each.request} ({each.said})" for each in plain.asked if each.answer is Answer.REFUSED)
    fields = [_FIELDS[request] for request in missing if request in _FIELDS]
    return {
        "unanswered": _listed(missing),
        "refused": _listed(tuple(refusals)),
        "fields": " & ".join(f"~StartupFetch.{field}" for field in fields),
        "asked_patience": duration(plain.asked_timeout),
        "unasked": _unasked(plain),
        "read_only": _of_read_only(plain),
    }


def _unasked(plain: ProbeRecord) -> str:
    if any(each.answer is Answer.UNREAD for each in plain.asked):
        return "ib-compat could not read what came in answer"
    return plain.unasked or "it was not asked"


def _of_read_only(plain: ProbeRecord) -> str:
    """Say how it is known that the API is read-only."""
    told = plain.settings is not None and plain.settings.read_only
    refusal = next((each.said for each in plain.asked if each.is_read_only), None)
    said = [*(["it says so of its settings"] if told else []), *([f"it says: {refusal}"] if refusal else [])]
    return "; ".join(said) or "nothing says so"


def _listed(names: Sequence[str]) -> str:
    """Join names as a sentence does."""
    *first, last = names or ("nothing",)
    return f"{', '.join(first)} and {last}" if first else last


def boot_words(boot: BootRecord | None, credential: str | None) -> Mapping[str, str]:
    """Return the words about a gateway that ib-compat started, or tried to start."""
    code = None if boot is None else boot.exit_code
    return {
        "image": boot.image if boot else "no image",
        "line": f'"{boot.line.strip()}"' if boot and boot.line and boot.line.strip() else "nothing",
        "exit_code": "none" if code is None else str(code),
        "credential": credential or "TWS",
    }


def _product(product: str | None) -> Mapping[str, str]:
    """Return the product's name alone and with each article; TWS is a name and has none."""
    name = _PLAYS if product == "ours" else PRODUCTS.get(product or "", _EITHER)
    if product == "tws":
        return dict.fromkeys(("product", "The", "the", "A", "a"), name)
    return {"product": name, "The": f"The {name}", "the": f"the {name}", "A": f"A {name}", "a": f"a {name}"}


def _of_attempts(found: Search) -> Mapping[str, str]:
    other = found.find(tries.OTHER_ADDRESS)
    others = (found.find(when) for when in tries.OTHER_IDS)
    return {
        "other": other.address[0] if other and other.address else "the other address",
        "attempts": str(sum(attempt.when != tries.LONGER for attempt in found.attempts)),
        "tcp": duration(found.plain.seconds["tcp"]) if "tcp" in found.plain.seconds else "no time",
        "speaks": other_protocols.describe(found.speaks or ""),
        "highest": str(found.highest_answered),
        "late": duration(max(map(_waited, found.attempts))),
        "rate": f"{min(filter(None, map(_rate, found.attempts)), default=0):.0f}",
        "lag": duration(max(attempt.lag for attempt in found.attempts)),
        "flood": next((each.reason or "" for each in found.attempts if each.ended is Ended.ENDLESS), ""),
        "together": _ended(found.find(tries.TOGETHER)),
        "alone": _ended(found.find(tries.ALONE)),
        "free_id": next((str(each.client_id) for each in others if each is not None and each.passed), "another"),
    }


def _of_host(view: HostView | None, declared: Mapping[str, str | bool]) -> Mapping[str, str]:
    """Return the words about the machine; they say so if a simulated gateway only declares it."""
    seen = _seen(view) if view is not None and view.local else {}
    shown = {key: seen[key] for key in seen if key not in declared or seen[key] != _nothing().get(key)}
    named = {key: value for key, value in declared.items() if key in _OF_THE_HOST and isinstance(value, str)}
    return {**dict.fromkeys(_OF_THE_HOST, _PLAYED), **shown, **named}


@cache
def _nothing() -> Mapping[str, str]:
    """Return the words for a machine on which nothing is seen."""
    return _seen(HostView(system="", local=True, port=None))


def _seen(view: HostView) -> dict[str, str]:
    elsewhere = [each for each in view.listeners if each.port != view.port]
    strangers = [f"{owner(each.owner)} on {each.port}" for each in elsewhere if each.owner.kind is Kind.OTHER]
    gateways = [written(each.host, each.port) for each in elsewhere if each.owner.kind is not Kind.OTHER]
    trusted = [address for settings in view.settings for address in settings.trusted_ips or ()]
    return {
        "listener": owner(view.listener.owner) if view.listener else "nobody",
        "elsewhere": ", ".join(gateways) or "none",
        "strangers": f" Another program listens: {', '.join(strangers)}." if strangers else "",
        "stuck": stuck(view),
        "waiting": f"{counted(view.waiting or 0, 'connection')} wait to be accepted",
        "left_over": f"{counted(len(view.close_wait), 'connection')} in CLOSE_WAIT on its side",
        "makers": makers(view),
        "mute": f"{counted(_mute(view), 'connection')} that never said a byte",
        "processes": ", ".join(map(owner, view.processes)) or "none",
        "trusted": ", ".join(trusted) or "none",
    }


def stuck(view: HostView) -> str:
    """Say what is waiting unread, and what was never accepted."""
    never = sum(1 for each in view.stuck if each.accepted is False)
    unread = sum(each.unread or 0 for each in view.stuck)
    parts = [f"{counted(len(view.stuck), 'connection')} in CLOSE_WAIT on its side, whose clients have hung up"]
    parts += [f"{never} of them never accepted"] if never else []
    parts += [f"{counted(unread, 'byte')} of theirs unread"] if unread else []
    left = Counter(each.state for each in view.connections if each.side == "client")["FIN_WAIT2"]
    parts += [f"{left} in FIN_WAIT_2 on the clients' side"] if left else []
    return ", ".join(parts)


def _mute(view: HostView) -> int:
    return sum(each.received == 0 for each in view.kept)


def makers(view: HostView) -> str:
    """Return in words who made the hanging connections, as far as the machine shows: a closed end has no process."""
    ends = {each.local: each.owner for each in view.connections if each.side is Side.CLIENT}
    here = {each.local[0] for each in view.connections} | set(view.addresses)
    known: Counter[str] = Counter()
    for each in view.close_wait:
        of = ends.get(each.peer)
        if of is not None and of.pid is not None:
            known[owner(of)] += 1
        elif each.peer[0] in here:
            known["a program on this machine that has let go of it, so that the system does not tell which"] += 1
        else:
            known[f"a program at {each.peer[0]}"] += 1
    return ", ".join(f"{count} by {who}" for who, count in known.most_common()) or "the system does not tell"


def _answering(elsewhere: Iterable[ProbeRecord]) -> str:
    """Say what answered the API at other ports, and what did not."""
    said = []
    for each in elsewhere:
        where = written(*each.address) if each.address else "another port"
        if "version" not in each.seconds:
            said.append(f"{where} does not answer the API")
            continue
        accounts = f", accounts {', '.join(each.accounts)}" if each.accounts else ""
        said.append(f"{where} answers with server version {each.server_version}{accounts}")
    return "; ".join(said) or "nothing was asked elsewhere"


def _is_ours(view: HostView | None, declared: Mapping[str, str | bool]) -> bool:
    listener = view.listener if view is not None and view.local else None
    return "listener" not in declared and listener is not None and listener.owner.kind is Kind.OURS


def owner(of: Owner) -> str:
    """Name a process: ``java, pid 4242 (gateway)``."""
    if of.pid is None:
        return "a process that may not be seen"
    return f"{of.name or 'a process'}, pid {of.pid} ({of.kind})"


def way(of: Way) -> str:
    """Return the quality of a network in words: ``142 ms there and back, 3 packets lost``."""
    lost = "no packet" if not of.lost else counted(of.lost, "packet")
    return f"{duration(of.round_trip)} there and back, {lost} lost"


def _said(plain: ProbeRecord) -> str:
    telling = [notice for notice in plain.notices if notice.code not in _ALL_IS_WELL]
    return "; ".join(f"error {notice.code}: {notice.message}" for notice in telling) or "nothing"


def _ended(attempt: ProbeRecord | None) -> str:
    if attempt is None:
        return "not tried"
    return attempt.reason or ("it connected" if attempt.passed else str(attempt.ended))


def _waited(attempt: ProbeRecord) -> float:
    return attempt.seconds.get("first byte", 0.0) - attempt.seconds.get("tcp", 0.0)


def _rate(attempt: ProbeRecord) -> float | None:
    if attempt.last_byte is None or attempt.reads < _FEW_READS:
        return None
    return attempt.received / max(attempt.last_byte - attempt.seconds["first byte"], 0.001)
