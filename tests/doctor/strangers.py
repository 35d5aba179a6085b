"""Programs that are no Gateway, in a process of their own: what listens in the process that looks is taken for its own.

``python -m tests.doctor.strangers FOLDER`` prints their ports by name as JSON and serves until its input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.doctor import others

ROOT = Path(__file__).parents[2]
ACCOUNT = "DU9000001"
NOISES = [f"noise {seed}" for seed in range(10)]


def ports(stack: ExitStack, folder: Path) -> dict[str, int]:
    """Bring all servers up."""
    keepers = {
        "ssh": others.greets(b"SSH-2.0-OpenSSH_9.6\r\n"),
        "tls": others.tls(others.with_certificate(folder)),
        "tls without certificate": others.tls(others.without_certificate(folder)),
        "redis": others.greets(b"-ERR unknown command\r\n"),
        "mail": others.greets(b"220 mail.example ESMTP\r\n"),
        "vnc": others.greets(b"RFB 003.008\n"),
        "echo": others.echo,
        "account": others.greets(f"user {ACCOUNT} is logged in\r\n".encode()),
        **{name: others.noise(seed) for seed, name in enumerate(NOISES)},
    }
    found = {name: stack.enter_context(others.serving(keeper)) for name, keeper in keepers.items()}
    found["web"] = stack.enter_context(others.web_server())
    found["never accepts"] = stack.enter_context(others.never_accepts())
    found["held"] = stack.enter_context(others.held())
    return found


@contextmanager
def strangers(folder: Path) -> Iterator[dict[str, int]]:
    """Have them for as long as the context lasts; gives their ports by name."""
    command = [sys.executable, "-m", "tests.doctor.strangers", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


if __name__ == "__main__":
    with ExitStack() as up:
        print(json.dumps(ports(up, Path(sys.argv[1]))), flush=True)  # noqa: T201 - to whoever started it
        sys.stdin.read()
