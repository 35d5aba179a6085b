"""Every value that each fact can have, as far as code and data say; and facts that hold any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from typing import Any

import tomllib
from hypothesis import strategies as st

from harness.checks.all import CHECKS
from harness.diagnose import gateway_facts
from harness.diagnose.control import other_protocols
from harness.diagnose.control import search as tries
from harness.diagnose.gateway_facts import Facts
from harness.diagnose.host import Kind
from harness.diagnose.red_cell import CellFacts
from harness.diagnose.verdict_rules import load
from harness.known.images import BootFailure
from harness.shared.evidence import Against, Answer, Ended, Invalid
from harness.shared.status import Status

Domain = frozenset[str | bool | None]

_MET = {gateway_facts.PASSES, gateway_facts.FAILS, gateway_facts.UNTRIED}
_YES_OR_NO: Mapping[Any, set[Any]] = {"bool": {True, False}, "bool | None": {True, False, None}}
_WHY = [
    table
    for file in ("packaging.toml", "installing.toml")
    for table in tomllib.loads((resources.files("harness.diagnose") / file).read_text("utf-8"))["why"]
]
_LACKS = tomllib.loads((resources.files("harness.diagnose") / "machine.toml").read_text("utf-8"))["lacks"]

_OF_A_GATEWAY: Mapping[str, set[Any]] = {
    "stage": {"", "tcp", "version", "ready"},
    "ended": {"", *(each.value for each in Ended)},
    "speaks": {tries.API, other_protocols.UNKNOWN, "nothing", *(each.name for each in other_protocols.banners())},
    "again": {gateway_facts.PASSES, gateway_facts.SAME, gateway_facts.DIFFERS, gateway_facts.UNTRIED},
    "other_address": _MET,
    "other_ids": _MET,
    "together": _MET,
    "alone": _MET,
    "narrower": _MET,
    "start": {"", *(each.value for each in Answer)},
    "answers_elsewhere": _MET,
    "listener": {*(each.value for each in Kind), "none"},
    "boot": {"", *(each.value for each in BootFailure)},
}
_OF_A_CELL: Mapping[str, set[Any]] = {
    "status": {each.value for each in Status},
    "stage": {each.name for each in CHECKS},
    "phase": {"", "install", "import", "connect", "request", "close"},
    "why": {None, "untold", *(table["name"] for table in _WHY)},
    "control": {"passes", "fails", "none", "unstarted"},
    "gateway": {"", *(rule.code for rule in load("gateway") if rule.fault)},
    "invalid": {"", *Invalid},
    "further": {None, "ended", "never", "late", "in-use", "ready"},
    "seen": {"whole", "index", "cut", "none"},
    "wrong": {"", *Against},
    "errors": {"", "fractions", "in-use", "read-only"},
    "ending": {"", "deadline", "killed", *(table["name"] for table in _LACKS)},
    "zones": {"", "missing", "perhaps"},
    "answered": {None, "in-time", "ended", "late", "never", "refused"},
}


def _domains(of: type[Facts | CellFacts], listed: Mapping[str, set[Any]]) -> Mapping[str, Domain]:
    values = {each.name: listed[each.name] if each.name in listed else _YES_OR_NO[each.type] for each in fields(of)}
    return {name: frozenset(each) for name, each in values.items()}


DOMAINS = {"gateway": _domains(Facts, _OF_A_GATEWAY), "cell": _domains(CellFacts, _OF_A_CELL)}


def any_facts(table: str) -> st.SearchStrategy[dict[str, Any]]:
    """All that could ever be known together, and much that could not."""
    return st.fixed_dictionaries(
        {name: st.sampled_from(sorted(values, key=repr)) for name, values in DOMAINS[table].items()}
    )
