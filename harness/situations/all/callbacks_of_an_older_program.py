"""A program overrides `error` with the parameters that another version has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage

_HEARD = "heard_codes"
_UNKNOWN_CONTRACT = 200


def error_of_9(self: Any, req_id: int, code: int, text: str) -> None:
    """Hear an error as programs for ibapi 9 do."""
    del req_id, text
    getattr(self, _HEARD).append(code)


def error_of_10_19(self: Any, req_id: int, code: int, text: str, json: str = "") -> None:
    """Hear an error as programs for ibapi 10.19 do."""
    del req_id, text, json
    getattr(self, _HEARD).append(code)


def error_of_10_33(  # noqa: PLR0917 - it is called so
    self: Any, req_id: int, when: int, code: int, text: str, json: str = ""
) -> None:
    """Hear an error as programs for ibapi 10.33 do."""
    del req_id, when, text, json
    getattr(self, _HEARD).append(code)


def play_ibapi(stage: ClientStage) -> None:
    """Connect and ask for an unknown contract, in a program for each."""
    ways = {
        "error(reqId, errorCode, errorString)": error_of_9,
        "error(reqId, errorCode, errorString, advancedOrderRejectJson)": error_of_10_19,
        "error(reqId, errorTime, errorCode, errorString, advancedOrderRejectJson)": error_of_10_33,
    }
    for number, (words, error) in enumerate(ways.items(), start=1):
        _try(stage, number, words, error)


def _try(stage: ClientStage, number: int, words: str, error: Any) -> None:
    app = stage.app(error=error, **{_HEARD: []})
    stage.connect(app, number)
    ears = stage.ears(app)
    stage.until(lambda: ears.has_ended or any(each.name == "nextValidId" for each in ears.heard), "it has begun")
    stage.settle(app)
    unknown = stage.stock("NOSUCHSYMBOL")
    stage.calls(f"{words}: reqContractDetails()", lambda: app.reqContractDetails(1, unknown), quiet=True)
    stage.settle(app)
    stage.says(f"{words}: it hears of error 200", _UNKNOWN_CONTRACT in getattr(app, _HEARD))
    stage.says(f"{words}: isConnected()", bool(app.isConnected()))
    app.disconnect()
    stage.ends(app, f"{words}: run()")


SITUATION = Situation(about=About.CONNECTION, ibapi=play_ibapi)
