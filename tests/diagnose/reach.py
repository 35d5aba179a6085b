"""Facts that lead to each rule, in the order of the tables; the bases say what a fact is otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.diagnose.gateway_facts import Facts
from harness.diagnose.red_cell import CellFacts

Reached = Sequence[tuple[str, Mapping[str, Any]]]

_REFUSED = {"stage": "tcp", "ended": "refused", "speaks": "nothing", "bytes_came": False}
_NO_ANSWER = {**_REFUSED, "ended": "no-answer"}
_SILENT = {"stage": "version", "ended": "silent", "speaks": "nothing", "bytes_came": False}
_CLOSED = {**_SILENT, "ended": "closed"}
_HERE = {"local": True}
_BARE = {"account_list": False, "accounts": False, "next_valid_id": False}
_START = {"stage": "ready", "ended": "silent", **_BARE}
_TURNED_AWAY = {**_START, "ended": "closed"}

_BOOTS = (
    "engine-unreachable",
    "engine-forbidden",
    "engine-failed",
    "port-out-of-reach",
    "image-missing",
    "image-unavailable",
    "no-credential",
    "too-many-attempts",
    "wrong-password",
    "two-factor-timeout",
    "two-factor-device",
    "existing-session",
    "desupported",
    "ibc-too-old",
    "no-login-dialog",
    "login-lost",
    "ibkr-out-of-reach",
    "ibkr-unavailable",
    "image-refuses-settings",
    "image-broken",
    "container-exited",
    "not-ready-in-time",
    "no-hello",
)
"""Codes of what keeps a container from becoming a gateway: each is a verdict of the same name."""

GATEWAY: Reached = [
    *((code, {**_REFUSED, "boot": code}) for code in _BOOTS),
    ("probe-malformed", {"probe_malformed": True}),
    ("container-ended-while-asked", {"gone": True}),
    ("machine-too-busy", {**_SILENT, "starved": True}),
    ("sends-without-end", {**_START, "ended": "endless", "endless": True}),
    ("left-alone", {**_SILENT, "ended": "not-asked"}),
    ("faltered", {**_SILENT, "answered_before": True, "answers_again": True}),
    ("stopped-answering", {**_SILENT, "answered_before": True}),
    ("no-such-host", {**_REFUSED, "ended": "no-name"}),
    ("other-loopback-only", {**_REFUSED, **_HERE, "other_address": "passes"}),
    ("wrong-port", {**_REFUSED, **_HERE, "answers_elsewhere": "passes"}),
    ("wrong-port", {**_REFUSED, **_HERE, "elsewhere": True}),
    ("api-port-closed", {**_REFUSED, **_HERE, "elsewhere": False, "runs": True}),
    ("not-running", {**_REFUSED, **_HERE, "elsewhere": False, "runs": False}),
    ("nothing-listens", {**_REFUSED, **_HERE}),
    ("refused", _REFUSED),
    ("another-program", {**_NO_ANSWER, **_HERE, "listener": "other"}),
    ("never-accepted", {**_NO_ANSWER, **_HERE, "waiting": True}),
    ("unreachable", {**_REFUSED, "ended": "unreachable"}),
    ("no-answer-locally", {**_NO_ANSWER, **_HERE}),
    ("no-answer", _NO_ANSWER),
    ("speaks-something-else", {**_SILENT, "speaks": "vnc", "bytes_came": True}),
    ("another-program", {**_SILENT, **_HERE, "listener": "other", "left_over": True}),
    ("redirected", {"stage": "version", "ended": "redirected"}),
    ("forwarder-without-gateway", {**_CLOSED, **_HERE, "listener": "forwarder"}),
    ("forwarder-without-gateway", {**_CLOSED, "forwarded": True}),
    ("untrusted-address", {**_CLOSED, **_HERE, "trusted": False}),
    ("closed-remotely", _CLOSED),
    ("closed-without-answer", {**_CLOSED, **_HERE}),
    ("answers-older-clients-only", {**_SILENT, "bytes_came": True, "narrower": "passes"}),
    ("wedged-by-port-checks", {**_SILENT, **_HERE, "mute": True}),
    ("never-read", {**_SILENT, **_HERE, "stuck": True, "listener": "gateway"}),
    ("never-read", {**_SILENT, **_HERE, "reads_us": False, "listener": "tws"}),
    ("left-over-connections", {**_SILENT, **_HERE, "left_over": True}),
    ("answers-late", {**_SILENT, "bytes_came": True, "late": True}),
    ("trickles", {**_START, **_HERE, "trickles": True}),
    ("trickles", {**_START, "trickles": True}),
    ("unstable", {**_SILENT, "again": "passes"}),
    ("accepted-and-silent", _SILENT),
    ("unreadable-answer", {**_SILENT, "ended": "foreign", "bytes_came": True}),
    ("too-old", {**_START, "old": True}),
    ("client-id-held", {**_TURNED_AWAY, "id_in_use": True, "other_ids": "passes", "others": False}),
    ("client-id-taken-meanwhile", {**_TURNED_AWAY, "id_in_use": True, "other_ids": "passes", "answered_before": True}),
    ("client-id-in-use", {**_TURNED_AWAY, "id_in_use": True, "other_ids": "passes", "others": True}),
    ("every-client-id-in-use", {**_TURNED_AWAY, "id_in_use": True, "other_ids": "fails"}),
    ("client-id-refused", {**_TURNED_AWAY, "other_ids": "passes"}),
    ("no-account", {**_START, "account_list": True, "next_valid_id": True}),
    ("accounts-missing", {**_START, "next_valid_id": True}),
    ("next-valid-id-missing", {**_START, "account_list": True, "accounts": True}),
    ("ended-after-version", _TURNED_AWAY),
    ("silent-after-version", _START),
    ("unreadable-answer", {**_START, "ended": "foreign"}),
    ("answers-late", {"late": True}),
    ("wedges", {"together": "fails", "alone": "fails"}),
    ("no-room", {"together": "fails", "alone": "passes"}),
    ("disconnected-from-ibkr", {"lost": True, "together": "passes"}),
    ("ends-when-asked", {"start": "ended", "together": "passes"}),
    ("executions-unanswered", {"start": "unanswered", "executions": True, "optional": True, "together": "passes"}),
    ("start-unanswered", {"start": "unanswered", "together": "passes"}),
    ("read-only-api", {"start": "refused", "read_only": True, "together": "passes"}),
    ("start-refused", {"start": "refused", "together": "passes"}),
    ("version-reply-in-pieces", {"in_pieces": True, "together": "passes"}),
    ("early-frames", {"early": True, "together": "passes"}),
    ("ipv4-only", {"passed_over": True, "together": "passes"}),
    ("port-checks-pile-up", {"mute": True, "together": "passes"}),
    ("other-version", {"other_version": True, "together": "passes"}),
    ("healthy", {"start": "answered", "together": "passes"}),
    ("healthy", {"together": "passes"}),
    ("answers", {"start": "answered"}),
    ("answers", {}),
    ("unknown", {"stage": "version", "ended": ""}),
]

_ASKED = {"asked": True, "phase": "request", "stage": "positions"}
_WRONG = {**_ASKED, "status": "degraded"}
_CONNECT = {"phase": "connect", "stage": "ready", "hello": True, "reply": True, "started": True}
_READY = {**_CONNECT, "accounts": True, "next_valid_id": True}

CELL: Reached = [
    *(
        (code, {"status": "error", "stage": "install", "phase": "install", "why": why})
        for code, why in (
            ("index-not-reached", "index-not-reached"),
            ("index-refuses", "index-refuses"),
            ("machine-cannot-install", "machine-cannot"),
            ("no-compiler", "no-compiler"),
            ("no-such-package", "no-such-package"),
            ("no-such-release", "no-such-release"),
            ("not-installed", "untold"),
        )
    ),
    ("gateway-not-started", {"status": "error", "control": "unstarted"}),
    ("sends-without-end", {**_ASKED, "endless": True}),
    ("killed-from-outside", {"status": "error", "ending": "killed"}),
    ("machine-limit", {"status": "error", "ending": "no-process"}),
    ("too-many-open-files", {**_CONNECT, "status": "fail", "ending": "no-files"}),
    (
        "gateway-unwell",
        {"status": "error", "stage": "version", "unproven": True, "control": "fails", "gateway": "answers-late"},
    ),
    ("harness-failed", {"status": "error"}),
    ("protobuf-missing", {"stage": "import", "phase": "import", "why": "protobuf-missing"}),
    ("protobuf-too-old", {"stage": "import", "phase": "import", "why": "protobuf-too-old"}),
    ("python-too-new", {"stage": "import", "phase": "import", "why": "no-event-loop"}),
    ("python-too-old", {"stage": "import", "phase": "import", "why": "python-too-old"}),
    ("cannot-be-imported", {"stage": "import", "phase": "import"}),
    ("machine-too-busy", {**_CONNECT, "starved": True}),
    ("others-were-there", {**_CONNECT, "crowded": True}),
    ("control-faltered", {**_CONNECT, "control": "fails", "same_stage": True, "gateway": "faltered"}),
    ("same-as-control", {**_CONNECT, "control": "fails", "same_stage": True}),
    ("gateway-unwell", {**_CONNECT, "control": "fails"}),
    ("no-control", {**_CONNECT, "control": "none"}),
    ("gateway-too-old", {**_CONNECT, "gateway": "too-old", "unwell": True}),
    ("no-time-zone-data", {**_READY, "status": "degraded", "zones": "missing", "unanswered": False}),
    ("no-time-zone-data", {**_READY, "status": "degraded", "zones": "missing", "seen": "none"}),
    ("no-time-zone-data-or-no-answer", {**_READY, "status": "degraded", "zones": "missing", "unanswered": True}),
    ("perhaps-no-time-zone-data", {**_ASKED, "stage": "historical_bars", "zones": "perhaps"}),
    ("library-reads-it-wrongly", {**_WRONG, "wrong": "both"}),
    ("library-reads-it-wrongly", {**_WRONG, "wrong": "wire"}),
    ("harness-contradicts-itself", {**_WRONG, "wrong": "simulator"}),
    ("gateway-answers-something-else", {**_WRONG, "wrong": "asked"}),
    ("clocks-differ", {**_WRONG, "wrong": "clock"}),
    ("answer-not-as-it-should-be", {**_WRONG, "wrong": "truth"}),
    ("libraries-disagree", {**_WRONG, "wrong": "others"}),
    ("client-id-in-use", {**_CONNECT, "errors": "in-use"}),
    ("read-only-api", {**_ASKED, "stage": "open_orders", "errors": "read-only"}),
    ("too-old-for-fractions", {**_ASKED, "stage": "fx_quote", "errors": "fractions"}),
    ("version-reply-in-pieces", {**_CONNECT, "stage": "version", "in_pieces": True}),
    ("early-frames", {**_CONNECT, "early": True}),
    ("gateway-ends-further-connections", {**_ASKED, "stage": "second_client", "further": "ended"}),
    ("held-up-on-the-way", {**_ASKED, "answered": "late", "far_gateway": True}),
    ("gateway-answers-late", {**_ASKED, "stage": "second_client", "further": "never"}),
    ("gateway-keeps-the-client-id", {**_ASKED, "stage": "reconnect", "further": "in-use"}),
    ("library-writes-it-wrongly", {**_ASKED, "answered": "refused", "invalid": "layout"}),
    ("library-writes-it-wrongly", {**_ASKED, "answered": "refused", "invalid": "type", "alike_passed": True}),
    ("request-not-valid", {**_ASKED, "answered": "never", "invalid": "value"}),
    ("ended-by-gateway", {**_ASKED, "ended_by_gateway": True}),
    ("lost-on-the-way", {**_ASKED, "answered": "in-time", "far_library": True}),
    ("perhaps-too-late", {**_ASKED, "answered": "in-time", "barely": True}),
    ("another-answer-missing", {**_ASKED, "answered": "in-time", "unanswered": True}),
    ("library-hangs", {**_ASKED, "answered": "in-time", "ending": "deadline"}),
    ("library-hangs", {**_CONNECT, "started": False, "ending": "deadline"}),
    ("every-library-alike", {**_ASKED, "answered": "in-time", "shared": True}),
    ("library-loses-the-answer", {**_ASKED, "answered": "in-time"}),
    ("request-refused", {**_ASKED, "answered": "refused"}),
    ("gateway-does-not-answer", {**_ASKED, "answered": "never"}),
    ("gateway-answers-late", {**_ASKED, "answered": "late"}),
    ("killed-at-its-deadline", {**_ASKED, "asked": False, "ending": "deadline"}),
    ("library-does-not-ask", {**_ASKED, "asked": False}),
    ("gateway-does-not-answer", {**_READY, "unanswered": True}),
    ("gateway-unwell", {**_CONNECT, "gateway": "answers-late", "unwell": True}),
    ("library-fails-at-its-start", {**_READY, "status": "degraded", "unanswered": False}),
    ("library-does-not-get-ready", {**_READY, "unanswered": False}),
    ("library-sends-no-hello", {**_CONNECT, "hello": False, "reply": False, "started": False}),
    ("library-does-not-start", {**_CONNECT, "started": False}),
    ("gateway-answers-the-control-only", {**_CONNECT, "reply": False, "started": False}),
    ("gateway-does-not-answer", {**_ASKED, "asked": None, "unanswered": True}),
    ("library-fails", {"phase": "close", "stage": "close"}),
    ("library-fails", {**_ASKED, "asked": None, "unanswered": False}),
    ("gateway-in-common", {**_ASKED, "asked": None, "seen": "cut", "shared": True}),
    ("answer-not-kept", {**_ASKED, "answered": "ended", "seen": "index"}),
    ("nobody-saw", {**_ASKED, "asked": None, "seen": "none"}),
    ("unknown", {"control": "", "phase": "close", "stage": "close"}),
]

_BASES = {
    "gateway": asdict(Facts()),
    "cell": asdict(
        CellFacts(
            status="timeout",
            stage="ready",
            phase="connect",
            why=None,
            control="passes",
            same_stage=False,
            in_pieces=False,
            early=False,
            gateway="",
            unwell=False,
            shared=False,
            seen="whole",
            starved=False,
            crowded=False,
            wrong="",
            errors="",
            zones="",
        )
    ),
}
REACHED = {"gateway": GATEWAY, "cell": CELL}


def facts(table: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """All facts, of which some are as given."""
    return {**_BASES[table], **changes}
