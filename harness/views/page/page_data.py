"""All that the page's script needs, as one document of plain JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.shared.status import Status
from harness.views.page.earlier_runs import earlier_runs
from harness.views.page.page_evidence import evidence_of
from harness.views.page.page_table import glyph
from harness.views.page.shared_texts import Strings, shown
from harness.views.page.square_facts import Facts
from harness.views.terminal.style import MEANINGS

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.results_model import GatewayInfo, Results
    from harness.views.page.page_table import Table


def document(results: Results, folder: Path, table: Table) -> dict[str, Any]:
    """Return a run as data.

    Texts stand in ``strings`` and are named by their numbers; so are lists of stages, lists of lines, and verdicts
    that squares share. ``cells`` are in the order in which the squares stand.

    Args:
        results: of the run.
        folder: where it lies, with ``cells/`` in it and earlier runs beside it.
        table: its grid.
    """
    strings = Strings()
    facts = Facts({rule.rule: rule for rule in results.expectations}, strings)
    cells = [facts.of(square) for square in table.squares]
    gateways = [_gateway(name, gateway, facts) for name, gateway in results.gateways.items()]
    earlier = earlier_runs(results, folder, table, strings)
    return {
        "run": shown(results.run.id),
        "statuses": {str(status): [glyph(status), MEANINGS[status]] for status in Status},
        "rows": [[row.key, row.library, row.version, row.python] for row in table.rows],
        "gateways": gateways,
        "cells": cells,
        "evidence": evidence_of(table, results, folder, strings),
        "earlier": list(earlier.runs),
        "earlier_left_out": earlier.left_out,
        "earlier_unreadable": list(earlier.unreadable),
        "stages": facts.stages.values,
        "verdicts": facts.verdicts.values,
        "lists": facts.lists.values,
        "strings": strings.values,
    }


def _gateway(name: str, gateway: GatewayInfo, facts: Facts) -> dict[str, Any]:
    address = f" at {gateway.host}:{gateway.port}" if gateway.host and gateway.port else ""
    said = f"{gateway.product} {gateway.version}, {gateway.mode}, {gateway.kind}{address}"
    evidence = gateway.server_version_evidence
    return {
        "name": shown(name),
        "lines": [shown(line) for line in (said, evidence and f"server version {evidence}", gateway.error) if line],
        "verdict": facts.verdict(gateway.diagnosis),
    }
