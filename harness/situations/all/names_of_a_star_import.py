"""A program takes its names from modules of ibapi, as the samples do."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage

_STARS = {
    "client": ("EClient", "Contract", "Order", "TickerId", "ExecutionFilter", "NO_VALID_ID", "UNSET_DOUBLE", "socket"),
    "wrapper": ("EWrapper", "BarData", "OrderState", "TagValue", "Execution", "ContractDetails", "TickType", "OrderId"),
    "common": (
        "BarData",
        "TickerId",
        "UNSET_INTEGER",
        "UNSET_DOUBLE",
        "MAX_MSG_LEN",
        "NO_VALID_ID",
        "ListOfHistoricalTick",
    ),
    "utils": ("iswrapper", "current_fn_name", "floatMaxString", "decimalMaxString"),
    "order_condition": ("PriceCondition", "TimeCondition", "OrderCondition"),
    "ticktype": ("TickTypeEnum", "TickType"),
}
"""Names that samples and programs use after ``from ibapi.MODULE import *``."""

_NAMES = (
    *("account_summary_tags.AccountSummaryTags", "commission_report.CommissionReport", "errors.BAD_LENGTH"),
    *("object_implem.Object", "scanner.ScannerSubscription", "server_versions.MIN_CLIENT_VER", "message.IN"),
)


def play_ibapi(stage: ClientStage) -> None:
    """Look at what a star brings, and import names one by one."""
    for module, names in _STARS.items():
        there = vars(importlib.import_module(f"ibapi.{module}"))
        for name in names:
            stage.says(f"from ibapi.{module} import *: {name}", name in there)
    for path in _NAMES:
        module, _, name = path.partition(".")
        words = f"from ibapi.{module} import {name}"
        stage.calls(words, lambda: hasattr(importlib.import_module(f"ibapi.{module}"), name))
    stage.calls("TickTypeEnum.to_str(1)", lambda: importlib.import_module("ibapi.ticktype").TickTypeEnum.to_str(1))


SITUATION = Situation(about=About.OBJECTS, ibapi=play_ibapi)
