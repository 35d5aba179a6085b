"""Frames of contracts and bars that were captured on real connections.

As published in ibkr-go's transcripts and tests (request ids and accounts replaced there). What is protobuf is read and
written byte for byte; as text a Gateway pads prices (``316.40``), so that is read only.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pytest

from harness.wire.codec import Codec
from harness.wire.framing import FrameReader, encode_frame
from harness.wire.message import Message, Sender, Value

AAPL: Mapping[str, Value] = {
    "con_id": 265598,
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "currency": "USD",
}
HOURS: Mapping[str, Value] = {
    **AAPL,
    "bar_size": "1 hour",
    "duration": "1 D",
    "use_rth": True,
    "what_to_show": "TRADES",
    "format_date": 1,
}

REQUESTS: list[tuple[int, str, str, Mapping[str, Value]]] = [
    (
        206,
        "AAAAQwAAABQxADI2NTU5OABBQVBMAFNUSwAAAAAAU01BUlQAAFVTRAAAADAAADEgaG91cgAxIEQAMQBUUkFERVMAMQAwAAA=",
        "req_historical_data",
        {"req_id": 1, **HOURS},
    ),
    (
        208,
        "AAAAPQAAANwI2TYSGwj+mhASBEFBUEwaA1NUS0IFU01BUlRSA1VTRCIGMSBob3VyKgMxIEQwAToGVFJBREVTQAE=",
        "req_historical_data",
        {"req_id": 7001, **HOURS},
    ),
    (
        205,
        "AAAAEwAAANEIARILCP6aEEIFU01BUlQ=",
        "req_contract_data",
        {"req_id": 1, "con_id": 265598, "exchange": "SMART"},
    ),
    (
        225,
        "AAAAHQAAANEIARIVCAASAkVTGgNGVVRCA0NNRVIDVVNE",
        "req_contract_data",
        {"req_id": 1, "symbol": "ES", "sec_type": "FUT", "exchange": "CME", "currency": "USD"},
    ),
    (
        212,
        "AAAAFgAAARYIhTkSBEFBUEwiA1NUSyj+mhA=",
        "req_sec_def_opt_params",
        {
            "req_id": 7301,
            "underlying_symbol": "AAPL",
            "underlying_sec_type": "STK",
            "underlying_con_id": 265598,
        },
    ),
    (215, "AAAABwAAATIIsTs=", "cancel_contract_data", {"req_id": 7601}),
]

EUR_USD = (
    "AAACwQAAANIIARI6CPDj4QUSA0VVUhoEQ0FTSCkAAAAAAAAAAEIISURFQUxQUk9SA1VTRFoHRVVSLlVTRGIHRVVSLlVTRBr8BAoHRVVSLlVTRBIH"
    "MC4wMDAwNRryAUFDVElWRVRJTSxBRCxBREpVU1QsQUxFUlQsQUxHTyxBTExPQyxBVkdDT1NULEJBU0tFVCxCRU5DSFBYLENBU0hRVFksQ09ORCxD"
    "T05ET1JERVIsREFZLERFQUNULERFQUNURElTLERFQUNURU9ELEdBVCxHVEMsR1RELEdUVCxISUQsSU9DLExJVCxMTVQsTUlULE1LVCxOT05BTEdP"
    "LE9DQSxSRUwsUkVMUENUT0ZTLFNDQUxFLFNDQUxFUlNULFNUUCxTVFBMTVQsVFJBSUwsVFJBSUxMSVQsVFJBSUxMTVQsVFJBSUxNSVQsV0hBVElG"
    "IghJREVBTFBSTygBOhxFdXJvcGVhbiBNb25ldGFyeSBVbmlvbiBFdXJvYgpVUy9FYXN0ZXJuaosBMjAyNjA4MjM6MTcxNS0yMDI2MDgyNDoxNzAw"
    "OzIwMjYwODI0OjE3MTUtMjAyNjA4MjU6MTcwMDsyMDI2MDgyNToxNzE1LTIwMjYwODI2OjE3MDA7MjAyNjA4MjY6MTcxNS0yMDI2MDgyNzoxNzAw"
    "OzIwMjYwODI3OjE3MTUtMjAyNjA4Mjg6MTcwMHKLATIwMjYwODIzOjE3MTUtMjAyNjA4MjQ6MTcwMDsyMDI2MDgyNDoxNzE1LTIwMjYwODI1OjE3"
    "MDA7MjAyNjA4MjU6MTcxNS0yMDI2MDgyNjoxNzAwOzIwMjYwODI2OjE3MTUtMjAyNjA4Mjc6MTcwMDsyMDI2MDgyNzoxNzE1LTIwMjYwODI4OjE3"
    "MDCQAQSqAQQzMTg4wgEEMC4wMcoBBDAuMDHSAQQwLjAx8gMBMA=="
)
BARS = (
    "AAABJgAAANkI2TYSXgoiMjAyNjA3MTMgMTU6MzA6MDAgRXVyb3BlL0Ftc3RlcmRhbRFxPQrXo9BzQBkzMzMzMzd0QCEzMzMzM8dzQCnsUbgehRN0QD"
    "IHNzQ5MjIwMDoHMzIwLjg1N0DGqAMSXgoiMjAyNjA3MTMgMTY6MDA6MDAgRXVyb3BlL0Ftc3RlcmRhbRHsUbgehRN0QBnNzMzMzBx0QCFSuB6F6+Vz"
    "QCmF61G4HvFzQDIHNDI1NTA0MzoHMzIwLjA5OED/sgISXQoiMjAyNjA3MTMgMTc6MDA6MDAgRXVyb3BlL0Ftc3RlcmRhbRGuR+F6FPJzQBlI4XoUrv"
    "NzQCGamZmZmc1zQCmF61G4HtFzQDIHMTUyMDYxOToHMzE4LjAyN0Dxbg=="
)

ANSWERS: list[tuple[int, str, str, Mapping[str, Value]]] = [
    (
        225,
        EUR_USD,
        "contract_data",
        {
            "req_id": 1,
            "con_id": 12087792,
            "symbol": "EUR",
            "sec_type": "CASH",
            "strike": 0.0,
            "exchange": "IDEALPRO",
            "local_symbol": "EUR.USD",
            "min_tick": "0.00005",
            "long_name": "European Monetary Union Euro",
            "time_zone_id": "US/Eastern",
            "sec_ids": (),
            "agg_group": 4,
            "market_rule_ids": "3188",
            "min_size": "0.01",
            "min_algo_size": "0",
            "under_con_id": None,
        },
    ),
    (205, "AAAABgAAAPwIAQ==", "contract_data_end", {"req_id": 1}),
    (
        225,
        "AAAARwAAAMwIARDy19SrgzQYyAEiNU5vIHNlY3VyaXR5IGRlZmluaXRpb24gaGFzIGJlZW4gZm91bmQgZm9yIHRoZSByZXF1ZXN0",
        "error",
        {"req_id": 1, "code": 200, "text": "No security definition has been found for the request"},
    ),
    (
        212,
        "AAAAQgAAARMIhTkSBENCT0UY/poQIgRBQVBMKgMxMDAyCDIwMjYwNzEzMggyMDI2MDcxNToQAAAAAAAAFEAAAAAAAAAkQA==",
        "sec_def_opt_params",
        {
            "req_id": 7301,
            "exchange": "CBOE",
            "underlying_con_id": 265598,
            "trading_class": "AAPL",
            "multiplier": "100",
            "expirations": ({"date": "20260713"}, {"date": "20260715"}),
            "strikes": ({"price": 5.0}, {"price": 10.0}),
        },
    ),
    (212, "AAAABwAAARQIhTk=", "sec_def_opt_params_end", {"req_id": 7301}),
    (
        208,
        BARS,
        "historical_data",
        {
            "req_id": 7001,
            "bars": tuple(
                {
                    "date": f"20260713 {hour} Europe/Amsterdam",
                    **dict(zip(("open", "high", "low", "close"), prices, strict=True)),
                    "volume": volume,
                    "wap": wap,
                    "bar_count": count,
                }
                for hour, prices, volume, wap, count in [
                    ("15:30:00", (317.04, 323.45, 316.45, 321.22), "7492200", "320.857", 54342),
                    ("16:00:00", (321.22, 321.8, 318.37, 319.07), "4255043", "320.098", 39295),
                    ("17:00:00", (319.13, 319.23, 316.85, 317.07), "1520619", "318.027", 14193),
                ]
            ),
        },
    ),
    (
        206,
        "AAAAQAAAAGwxADIwMjYwNzA5IDE4OjQ0OjQwIFVTL0Vhc3Rlcm4AMjAyNjA3MTAgMTg6NDQ6NDAgVVMvRWFzdGVybgA=",
        "historical_data_end",
        {"req_id": 1, "start": "20260709 18:44:40 US/Eastern", "end": "20260710 18:44:40 US/Eastern"},
    ),
]

FRAMES = [
    *((version, Sender.CLIENT, frame, name, values) for version, frame, name, values in REQUESTS),
    *((version, Sender.GATEWAY, frame, name, values) for version, frame, name, values in ANSWERS),
]


@pytest.mark.parametrize(("version", "sender", "frame", "name", "values"), FRAMES)
def test_a_captured_frame_is_read_and_written_byte_for_byte(
    version: int, sender: Sender, frame: str, name: str, values: Mapping[str, Value]
) -> None:
    codec = Codec(version)
    wire = base64.b64decode(frame)
    (payload,) = FrameReader().feed(wire)

    message = codec.decode(payload, sender)

    assert isinstance(message, Message)
    assert message.name == name
    assert {key: message[key] for key in values} == values
    assert encode_frame(codec.encode(Message(name, message.values))) == wire


def test_bars_as_a_gateway_writes_them_in_text_are_read() -> None:
    texts = "1|1|20260710 09:30:00 US/Eastern|314.66|316.40|313.21|314.30|3293552|314.771|31704|"
    message = Codec(206).decode(b"\0\0\0\x11" + texts.replace("|", "\0").encode(), Sender.GATEWAY)
    assert isinstance(message, Message)
    assert message["bars"] == (
        {
            "date": "20260710 09:30:00 US/Eastern",
            "open": 314.66,
            "high": 316.4,
            "low": 313.21,
            "close": 314.3,
            "volume": "3293552",
            "wap": "314.771",
            "bar_count": 31704,
        },
    )
