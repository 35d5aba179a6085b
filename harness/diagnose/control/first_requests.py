"""Sends what ib_async and ib_insync request before they call themselves connected, and reads the gateway's settings.

Sources: ``IB.connectAsync`` of ib_async 1.0.3 to 2.1.0 and of ib_insync 0.9.70 and 0.9.86. They wait four seconds, by
default, for each answer. All of the requests only read. Subscriptions are cancelled, except the account updates: TWS is
reported to share those among its clients, so that one client's cancellation ends another's. They end with the
connection, as with those libraries, which never cancel them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.shared import not_recorded
from harness.shared.evidence.probe_record import (
    ACCOUNT_UPDATES,
    ACCOUNT_UPDATES_MULTI,
    COMPLETED_ORDERS,
    EXECUTIONS,
    OPEN_ORDERS,
    POSITIONS,
    READ_ONLY_WORDS,
    Answer,
    ApiSettings,
    AskedRecord,
)
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Value

COMPLETED_ORDERS_SINCE = 150
"""The server version from which those libraries ask for completed orders."""

SETTINGS_SINCE = 219
"""The server version from which a gateway reports its settings (API 10.43)."""

MOST_ACCOUNTS = 50
"""The most accounts for which those libraries subscribe to the updates of each."""

_WITHOUT_REQUEST = -1
_NOT_DONE = frozenset({320, 321, 322})
"""Error codes for a request that cannot be read (320), is not valid (321), or cannot be carried out (322). They carry
the request's number, if it has one."""
_WARNINGS = range(2100, 2200)


@dataclass(slots=True)
class _Request:
    name: str
    message: Message
    cancel: Message | None = None
    answer: Answer | None = None
    said: str = ""

    @property
    def number(self) -> Value:
        return self.message.values.get("req_id", _WITHOUT_REQUEST)


class Asking:
    """The requests of one connection, and their outcomes.

    Args:
        accounts: the managed accounts.
        server_version: the negotiated server version.
        reads: whether to request positions, orders and account updates, too; if false, only the settings.
    """

    def __init__(self, accounts: Sequence[str], server_version: int, *, reads: bool = True) -> None:
        self._version = server_version
        self._numbers = itertools.count(1)
        self._requests = list(self._all(accounts)) if reads else []
        self._settings_number = next(self._numbers)
        self.settings: ApiSettings | None = None
        self._refusals: list[str] = []
        self.left_out: list[str] = []
        """The words of a replayed gateway about each request that is not in its recording."""
        ends = {end for each in self._requests for end in self._ends(each)}
        self.heeded = frozenset({"error", "config", *ends})
        """Names of the messages that matter here; others need not be decoded."""

    def _all(self, accounts: Sequence[str]) -> Iterator[_Request]:
        yield _Request(POSITIONS, Message("req_positions"), Message("cancel_positions"))
        yield _Request(OPEN_ORDERS, Message("req_open_orders"))
        if self._version >= COMPLETED_ORDERS_SINCE:
            yield _Request(COMPLETED_ORDERS, Message("req_completed_orders", {"api_only": False}))
        if len(accounts) == 1:
            subscribe: dict[str, Value] = {"subscribe": True, "account": accounts[0]}
            yield _Request(ACCOUNT_UPDATES, Message("req_account_updates", subscribe))
        for account in accounts if len(accounts) <= MOST_ACCOUNTS else ():
            number: dict[str, Value] = {"req_id": next(self._numbers)}
            request = Message("req_account_updates_multi", {**number, "account": account})
            yield _Request(ACCOUNT_UPDATES_MULTI, request, Message("cancel_account_updates_multi", number))
        yield _Request(EXECUTIONS, Message("req_executions", {"req_id": next(self._numbers)}))

    @property
    def requests(self) -> Iterator[Message]:
        """The messages to send."""
        yield from (each.message for each in self._requests)
        if self._asks_for_settings:
            yield Message("req_config", {"req_id": self._settings_number})

    @property
    def cancels(self) -> Iterator[Message]:
        """The messages that cancel subscriptions, except those that must not be cancelled."""
        yield from (each.cancel for each in self._requests if each.cancel is not None)

    @property
    def _asks_for_settings(self) -> bool:
        return self._version >= SETTINGS_SINCE

    @property
    def answered(self) -> bool:
        """Whether each request was answered or refused."""
        open_, without = self._open, [each for each in self._open if each.number == _WITHOUT_REQUEST]
        return len(open_) == len(without) <= len(self._refusals)

    @property
    def told(self) -> bool:
        """Whether the settings came, or were not requested."""
        return self.settings is not None or not self._asks_for_settings

    @property
    def _open(self) -> list[_Request]:
        return [each for each in self._requests if each.answer is None]

    def take(self, heard: Message) -> None:
        """Take note of an answer."""
        if heard.name == "error":
            self._refused(heard.number("code"), heard.number("req_id"), heard.text("text"))
        elif heard.name == "config":
            self.settings = _settings(heard)
        else:
            number = heard.values.get("req_id", _WITHOUT_REQUEST)
            for each in self._open:
                if heard.name in self._ends(each) and number == each.number:
                    each.answer = Answer.ANSWERED

    def _ends(self, request: _Request) -> frozenset[str]:
        return catalogue().by_name[request.message.name].ends_at(self._version)

    def _refused(self, code: int, number: int, text: str) -> None:
        said = f"error {code}: {text}"
        if code == not_recorded.CODE:
            self._leave_out(number, text)
        elif number == _WITHOUT_REQUEST:
            self._refusals += [said] if code in _NOT_DONE else []
        elif code not in _WARNINGS:
            for each in self._open:
                if each.number == number:
                    each.answer, each.said = Answer.REFUSED, said

    def _leave_out(self, number: int, text: str) -> None:
        """Leave out what a recording lacks, and so its replay cannot answer: that says nothing of the gateway."""
        for each in self._open:
            if each.number == number and text == not_recorded.text_of(each.message.name):
                self._requests.remove(each)
                self.left_out.append(text)
                return

    def records(self, otherwise: Answer) -> tuple[AskedRecord, ...]:
        """Return the outcome of each request, or ``otherwise`` for those without any answer."""
        for said in self._refusals:
            self._lay_at_one(said)
        return tuple(
            AskedRecord(request=each.name, answer=each.answer or otherwise, said=each.said) for each in self._requests
        )

    def _lay_at_one(self, said: str) -> None:
        """Assign a refusal without a request id to an open request. A read-only API refuses those about orders."""
        without = [each for each in self._open if each.number == _WITHOUT_REQUEST]
        orders = [each for each in without if each.name in {OPEN_ORDERS, COMPLETED_ORDERS}]
        for each in (orders if READ_ONLY_WORDS in said.lower() else without)[:1]:
            each.answer, each.said = Answer.REFUSED, said


def _settings(config: Message) -> ApiSettings:
    values = config.values
    trusted = tuple(str(item["address"]) for item in values["trusted_ips"])  # type: ignore[union-attr,index]
    flags = {name: values[name] or None for name in ("read_only", "localhost_only", "rejects_above_max_rate")}
    more = {name: values[name] or None for name in ("sends_lots", "download_open_orders", "creates_message_log")}
    numbers = {name: values[name] for name in ("socket_port", "master_client_id")}
    told = {**flags, **more, **numbers, "time_zone": config.text("time_zone")}
    return ApiSettings(trusted_ips=trusted or None, **told)  # type: ignore[arg-type]
