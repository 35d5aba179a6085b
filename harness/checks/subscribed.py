"""Market data that an account may not have: then there is no answer to hold a library against."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapters.base import RequestRejectedError
from adapters.codes import NOT_SUBSCRIBED
from harness.checks.check import NotAskedError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def where_subscribed() -> Iterator[None]:
    """Turn the gateway's refusal for want of a subscription into `NotAskedError`, with its words."""
    try:
        yield
    except RequestRejectedError as error:
        if error.code in NOT_SUBSCRIBED:
            raise NotAskedError(f"the account has no such market data: {error}") from error
        raise
