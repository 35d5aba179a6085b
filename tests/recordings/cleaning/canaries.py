"""Personal values that are nobody's, in every field that may hold such a thing, and how to find them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache

from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.cleaning.rules import Treatment, rules
from harness.recordings.recording import Entry, Framed, Greeted, Opened
from harness.wire.catalogue import Field, Kind, MessageType
from harness.wire.codec import Codec
from harness.wire.flat_protobuf import varint
from harness.wire.hello import Hello
from harness.wire.message import Message, Sender, Value
from tests.wire.test_round_trips import full

ACCOUNT, OTHER_ACCOUNT, ADVISOR = "U7654321", "DU7654322", "DF7654323"
NAME, USER, REF = "Kreuzberg Family Trust", "jkreuzberg77", "canary-momentum-7"
MAIL, ADDRESS, HOST = "johanna@kreuzberg-family.net", "203.0.113.77", "trader7.kreuzberg.lan"
EXECUTION, PERM_ID = "0000f7f7.6f7e7d7c", 7654321987
AMOUNT, QUANTITY = 7654321.25, "765432"
FACTOR = Fraction(237, 100)

WORDS = (ACCOUNT, OTHER_ACCOUNT, ADVISOR, NAME, USER, REF, MAIL, ADDRESS, HOST, EXECUTION)
NUMBERS = (str(PERM_ID), str(AMOUNT), "7,654,321.25", QUANTITY)

SENTENCE = (
    f"{NAME}: order {REF} of {ACCOUNT}, perm id {PERM_ID}, was refused:{OTHER_ACCOUNT} needs [{AMOUNT} USD] or "
    f"7,654,321.25 EUR. Execution {EXECUTION}.01.01, user {USER}, write to {MAIL}, ask {HOST}:4001 or {ADDRESS}; "
    rf"see C:\Users\{USER}\Jts and /home/{USER}/Jts"
)
"""A text in which a gateway says it all."""
IMPERSONAL = rf"{ACCOUNT} {MAIL} {ADDRESS} C:\Users\{USER}\x"
"""What looks personal anywhere, in a field that should not have it."""
ADVISOR_XML = (
    f'<?xml version="1.0"?><ListOfGroups><Group><name>{NAME}</name><ListOfAccts varName="list">'
    f'<Account alias="{USER}"><acct>{ACCOUNT}</acct><amount>0.5</amount></Account><String>{OTHER_ACCOUNT}</String>'
    "</ListOfAccts><defaultMethod>NetLiq</defaultMethod></Group></ListOfGroups>"
)

_PLANTED: Mapping[Treatment, Value] = {
    Treatment.ACCOUNT: ACCOUNT,
    Treatment.ACCOUNTS: f"{ACCOUNT},{OTHER_ACCOUNT},{ADVISOR},",
    Treatment.NAME: NAME,
    Treatment.HOST: HOST,
    Treatment.NUMBER: PERM_ID,
    Treatment.EXECUTION: f"{EXECUTION}.01.01",
    Treatment.TEXT: SENTENCE,
    Treatment.ADVISOR_XML: ADVISOR_XML,
    Treatment.ACCOUNT_VALUE: str(AMOUNT),
    Treatment.QUANTITY: QUANTITY,
    Treatment.HELD: AMOUNT,
    Treatment.AMOUNT: AMOUNT,
}


def planted(kind: MessageType) -> dict[str, Value]:
    """Return a value for every field of a message, so that all are there, with canaries wherever they can be."""
    return _planted(kind.name, kind.fields, full(kind.fields))


def _planted(where: str, fields: Sequence[Field], values: Mapping[str, Value]) -> dict[str, Value]:
    deciding = {field.when for field in fields if field.choices}
    return {
        field.name: values[field.name] if field.name in deciding else _canary(f"{where}.{field.name}", field, values)
        for field in fields
        if field.const is None
    }


def _canary(place: str, field: Field, values: Mapping[str, Value]) -> Value:
    if field.kind is Kind.LIST:
        return (_planted(place, field.items, full(field.items)),) * 2
    rule = None if field.kind is Kind.BOOL else rules().of(place)
    if rule is None or rule.treatment is Treatment.STAYS:
        return IMPERSONAL if field.kind is Kind.STR else values[field.name]
    return _PLANTED[rule.treatment]


def found(payload: bytes) -> set[str]:
    """Return the canaries in the bytes of a payload, however they are written."""
    text = payload.decode("utf-8", "replace").lower()
    binary = {"perm id": varint(PERM_ID), "amount": struct.pack("<d", AMOUNT)}
    there = {word for word in (*WORDS, *NUMBERS) if word.lower() in text}
    return there | {name for name, data in binary.items() if data in payload}


def frame(payload: bytes, sender: Sender = Sender.GATEWAY, connection: int = 1) -> Framed:
    return Framed(at=1.0, connection=connection, sender=sender, payload=payload)


def beginning(server_version: int, connection: int = 1) -> list[Entry]:
    """Return what every connection begins with, up to the version reply."""
    reply = f"{server_version}\x0020261130 09:30:00 Central European Standard Time\0".encode()
    return [
        Opened(at=0.0, connection=connection),
        Greeted(at=0.1, connection=connection, data=Hello(min_version=100, max_version=server_version).encode()),
        frame(reply, connection=connection),
    ]


def cleaner_at(server_version: int, entries: Iterable[Entry] = ()) -> Cleaner:
    """Return a cleaner that has seen the beginning of a connection, and what comes after it."""
    cleaner = Cleaner(factor=FACTOR)
    for entry in (*beginning(server_version), *entries):
        cleaner.clean(entry)
    return cleaner


@cache
def who_they_are() -> tuple[Entry, ...]:
    """Return what names the canaries where names belong, on a connection of its own and in another encoding."""
    order = Message("open_order", {"account": ACCOUNT, "fa_group": NAME, "submitter": USER, "order_ref": REF})
    fill = Message("execution_details", {"exec_id": f"{EXECUTION}.01.01", "perm_id": PERM_ID})
    gateway = Message("config", {"trusted_ips": ({"address": HOST}, {"address": ADDRESS})})
    return (*beginning(225, 9), *(frame(Codec(225).encode(each), connection=9) for each in (order, fill, gateway)))
