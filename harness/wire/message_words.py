"""Messages in words, for logs and transcripts."""

from __future__ import annotations

from harness.wire.catalogue import catalogue
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, UnknownMessage

Spoken = Hello | VersionReply | Message | UnknownMessage
_HEX_SHOWN = 32


def in_words(message: Spoken) -> str:
    """Return one line: the message's name and every value that is not its default."""
    match message:
        case Hello():
            options = f" options={message.options!r}" if message.options else ""
            return f"hello v{message.min_version}..{message.max_version}{options}"
        case VersionReply():
            return f"server version {message.server_version} time={message.connection_time!r}"
        case UnknownMessage():
            body = message.body[:_HEX_SHOWN].hex(" ")
            return f"message {message.id} ({message.encoding.value}, not in the catalogue): {body}"
        case _:
            return _message(message)


def _message(message: Message) -> str:
    defaults = catalogue().by_name[message.name].defaults
    shown = [f"{name}={value!r}" for name, value in message.values.items() if value != defaults.get(name)]
    surplus = [f"surplus={list(message.surplus)!r}"] if message.surplus else []
    return " ".join([message.name.replace("_", " "), *shown, *surplus])
