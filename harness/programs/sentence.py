"""Says in words whether a program does the same with two gateways."""

from __future__ import annotations

from harness.programs.answer import Answer
from harness.programs.difference import Kind
from harness.programs.program import Ran
from harness.programs.remarks import remarks_of
from harness.shared.amounts import counted
from harness.shared.status import Finding

_AT_A_SIMULATED_ONE = "At a simulated gateway nobody can say whether it would be so at a real one."


def sentence_of_today(answer: Answer) -> str:
    """Return in words whether it can be compared at all what a program does with what it has today."""
    today = answer.today
    match answer.finding:
        case Finding.SAME:
            asked = counted(len(today.asked.requests), "request")
            return f"It does the same in two runs: {asked}, and it {today.end.sentence}."
        case Finding.FAILS:
            return f"Unknown: {', '.join(answer.unmet)}. {_AT_A_SIMULATED_ONE}"
        case _:
            return sentence_of(answer)


def sentence_of(answer: Answer) -> str:
    """Return the answer in words."""
    today, then = answer.today, answer.then
    match answer.finding:
        case Finding.SAME:
            asked = counted(len(today.asked.requests), "request")
            same = f"the same {asked}, and it {today.end.sentence}."
            return f"{_wire(answer)}It does the same with {then.side} as with {today.side}: {same}"
        case Finding.DIFFERENT:
            return f"It does not do the same with {then.side} as with {today.side}.{_only_there(answer)}"
        case Finding.NO_CONTACT:
            return _no_contact(today)
        case Finding.UNSTEADY:
            difference, side = answer.unsteady[0]
            in_what = "how they end" if difference.kind is Kind.END else "whether they connect"
            return f"Unknown: two runs with {side} differ in {in_what}, so one run more or less tells nothing."
        case Finding.FAILS:
            return f"Unknown: with both alike {', '.join(answer.unmet)}. {_AT_A_SIMULATED_ONE}"
        case Finding.LACKING:
            names = ", ".join(answer.lacks)
            return f"Unknown: it asks what is not simulated, or not in the recording: {names}."


def _only_there(answer: Answer) -> str:
    """Name what goes wrong at the other side alone."""
    known = {each.brief for each in remarks_of(answer.today)}
    found = [f"{each.brief} (fault: {each.fault})" for each in remarks_of(answer.then) if each.brief not in known]
    return f" Only there it {', and '.join(found)}." if found else ""


def _no_contact(ran: Ran) -> str:
    if ran.end.by_us:
        more = "--for, or seconds in [[program]], gives it more time."
        return f"Unknown: it had not connected when it was ended ({ran.end.words}). {more}"
    return (
        "Unknown: it never connected, so nothing was tried. Give it the address: {host}, {port} and {client_id}"
        " in its command or variables are filled in, and every usual port of 127.0.0.1 leads to the gateway."
    )


def _wire(answer: Answer) -> str:
    """Say the strongest that is proved: that the protocol is the same."""
    if not answer.same_wire:
        return ""
    return (
        f"It speaks server version {answer.today.spoken[0]} with both, so nothing that the API layer decides changes on"
        " the wire. "
    )
