"""What a gateway made of the requests that libraries begin with, and what it says of its own settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

POSITIONS = "positions"
EXECUTIONS = "executions"
OPEN_ORDERS = "open orders"
COMPLETED_ORDERS = "completed orders"
ACCOUNT_UPDATES = "account updates"
ACCOUNT_UPDATES_MULTI = "account updates multi"
READ_ONLY_WORDS = "read-only"
"""What the refusals of a read-only API say, in English: ``… currently in Read-Only mode``."""


class Answer(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    """The message came that ends the answer."""
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    ENDED = "ended"
    """The gateway ended the connection instead."""
    UNREAD = "unread"
    """Something came that we could not read, so nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRecord:
    """One request.

    Args:
        request: what it asks for, in words: ``positions``, ``open orders``, ….
        answer: what became of it.
        said: the gateway's words where it refused.
    """

    request: str
    answer: Answer
    said: str = ""

    @property
    def is_read_only(self) -> bool:
        """Whether it was refused because the API is read-only, as far as the words tell."""
        return self.answer is Answer.REFUSED and READ_ONLY_WORDS in self.said.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """What a gateway told of its API settings, from server version 219 on.

    A flag that is off is absent on the wire, and so is one that an older build does not have: ``None`` stands for both.

    Args:
        read_only: it refuses whatever is about orders.
        socket_port: the port that it was told to listen on.
        master_client_id: the client that hears of the orders of all.
        trusted_ips: addresses that connect without a dialog; ``None`` where none was told.
        localhost_only: it refuses other machines.
        rejects_above_max_rate: it refuses what is sent too fast, and ends the connection in the end.
        sends_lots: it counts volumes of stocks in lots.
        time_zone: of the times that it sends: ``operator``, ``instrument``, ``utc``; empty where not told.
        download_open_orders: a client is told of its working orders when it connects.
        creates_message_log: it writes what clients send to its API log.
    """

    read_only: bool | None = None
    socket_port: int | None = None
    master_client_id: int | None = None
    trusted_ips: tuple[str, ...] | None = None
    localhost_only: bool | None = None
    rejects_above_max_rate: bool | None = None
    sends_lots: bool | None = None
    time_zone: str = ""
    download_open_orders: bool | None = None
    creates_message_log: bool | None = None
