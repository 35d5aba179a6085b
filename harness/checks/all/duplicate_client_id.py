"""Checks a second connect with the same client id, the most common mistake of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import ConnectError, RequestError
from harness.checks.check import Check, CheckFailedError, Client, Phase
from harness.checks.heard import NotHeardError, any_of
from harness.checks.second_connect import SecondConnect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.base import Connection
    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

IN_USE = 326


def ask(client: Client) -> dict[str, Any]:
    """Connect with the client id that is connected already, and see the gateway say why it refuses."""
    first, heard = client.connection, SecondConnect()
    try:
        second = client.adapter.connect(client.endpoint, client.connect_timeout, heard, until_closed=True)
    except ConnectError as error:
        refused = str(error)
    else:
        second.leave(client.request_timeout)
        raise CheckFailedError(_let_in(first, client.request_timeout))
    client.problems.clear()  # the library also reported the refusal, not only logged it
    said = [callback for callback in heard.callbacks if callback.code == IN_USE]
    if not said:
        raise CheckFailedError(f"the second connect ended without error {IN_USE}: {refused}", {"refused": refused})
    first.system.current_time(client.request_timeout)
    return {"code": IN_USE, "text": said[0].message, "refused": refused}


def _let_in(first: Connection, timeout: float) -> str:
    """Say what it means that the second connect succeeded: if the first has ended, its client id is free."""
    try:
        first.system.current_time(timeout)
    except RequestError as error:
        return (
            f"a second connection was let in, and the first does not answer, so that it may have ended before: {error}"
        )
    return "the gateway let the same client id in twice"


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Return the text of the refusal (IBKR's documentation)."""
    text = "Unable to connect as the client id is already in use. Retry with a unique client id."
    return {"code": IN_USE, "text": text}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the refusal that the second client was sent."""
    texts = [str(row["text"]) for row in said.session("error") if row["code"] == IN_USE]
    if not texts:
        raise NotHeardError(f"no error {IN_USE} arrived")
    return {"code": IN_USE, "text": any_of(texts)}


CHECK = Check(
    name="duplicate_client_id",
    proves="if a client id is in use, error 326 reaches the user, and the first connection keeps working",
    phase=Phase.CONNECTION,
    ask=ask,
    expected=expected,
    heard=heard,
    requests=1,
    connects=1,
)
