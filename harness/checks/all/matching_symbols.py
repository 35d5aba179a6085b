"""Checks a search for symbols: stocks of several exchanges, and an issuer of bonds, which has no contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import Records, Since, records, text
from harness.checks.heard import NotHeardError
from harness.checks.quoted import where_patient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

PATTERN = "APPLE"
ISSUERS_SINCE = 176


def ask(client: Client) -> dict[str, Any]:
    """Search for a name."""
    with where_patient(client):
        return {"records": plain(client.connection.lists.matching_symbols(PATTERN, client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return all that has the name."""
    found = [row for row in truth.reference["symbols"] if row["description"].casefold().startswith(PATTERN.casefold())]
    derived = [[{"sec_type": each} for each in row.get("derivative_sec_types", ())] for row in found]
    rows = ({**row, "derivative_sec_types": types} for row, types in zip(found, derived, strict=True))
    return {"records": records(("con_id",), map(_sample, rows))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return what the gateway found."""
    (answer,) = said.answers("req_matching_symbols")
    found = answer.only("symbol_samples").get("contracts", ())
    if not isinstance(found, (list, tuple)):
        raise NotHeardError("no list came")
    return {"records": Records(("con_id",), tuple(map(_sample, found)), repeats=True)}


def _sample(row: Values) -> Mapping[str, Expected]:
    derived = row.get("derivative_sec_types", ())
    assert isinstance(derived, (list, tuple))  # noqa: S101 - so the catalogue has it
    return {
        "con_id": int(str(row.get("con_id") or 0)) or None,
        **{name: text(row, name) for name in ("symbol", "sec_type", "primary_exchange", "currency")},
        "derivative_sec_types": tuple(sorted(str(each["sec_type"]) for each in derived)),
        **{name: Since(ISSUERS_SINCE, text(row, name)) for name in ("description", "issuer_id")},
    }


CHECK = Check(
    name="matching_symbols",
    asks="req_matching_symbols",
    proves="everything that a search for symbols finds is decoded, issuers of bonds included",
    ask=ask,
    expected=expected,
    heard=heard,
)
