"""Becomes a command whose loopback has delay and loss, in the network namespace that it was started in.

``unshare --net python -m campaigns.network --delay 0.1 --loss 0.02 COMMAND …``: packets to 127.0.0.0/8 leave by a
device of ours (TUN), and a process beside the command gives them back late, or not at all. They are real packets, so
the system's own TCP sends the lost ones again. It needs no module of the kernel for that (netem), which many have not.
A namespace without a name is gone with its last process, however that ends. Linux only, and root.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from random import Random

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
"""See linux/if_tun.h; without packet information, a read gives one packet and nothing else."""

_DEVICE = "far"
_TABLE = "100"
_PACKET = 65_536
_QUEUE = "10000"
"""Packets that wait to be read: only those are to be lost that we lose."""

_SETTINGS = {f"{_DEVICE}/route_localnet": "1", f"{_DEVICE}/accept_local": "1", "all/rp_filter": "0"}
"""Without these the kernel takes no packet from a device that is to or from this computer itself."""

_WAYS = (
    ("link", "set", "lo", "up"),
    ("link", "set", _DEVICE, "up", "txqueuelen", _QUEUE),
    ("route", "add", "127.0.0.0/8", "dev", _DEVICE, "src", "127.0.0.1", "table", _TABLE),
    ("rule", "add", "pref", "1", "iif", _DEVICE, "lookup", "local"),
    ("rule", "add", "pref", "2", "to", "127.0.0.0/8", "lookup", _TABLE),
    ("rule", "add", "pref", "3", "lookup", "local"),
    ("rule", "del", "pref", "0"),
)
"""What comes from the device is for this computer; what goes to this computer leaves by the device."""


def main() -> None:
    """Make the network, leave a process that carries it, and become the command."""
    options = _options()
    if _space("self") == _space(os.getppid()):
        sys.exit("this is the network of who started it; start it by unshare --net")
    device = _device()
    for name, value in _SETTINGS.items():
        Path("/proc/sys/net/ipv4/conf", name).write_text(value, "utf-8")
    for words in _WAYS:
        subprocess.run(["ip", *words], check=True)
    command = os.pidfd_open(os.getpid())  # before there are two: a short command ends before the other has looked
    if os.fork():
        os.execvp(options.command[0], options.command)  # noqa: S606 - becomes what it was asked to start
    os.setsid()  # a signal to the command's group is not for the network
    _carry(device, command, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that a packet is on its way")
    parser.add_argument("--loss", type=float, default=0.0, help="share of the packets that is lost")
    parser.add_argument("--seed", default="", help="which ones are lost")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def _space(process: int | str) -> Path:
    return Path(f"/proc/{process}/ns/net").readlink()


def _device() -> int:
    """Make the device; it is gone when nobody has it open."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def _carry(device: int, command: int, options: argparse.Namespace) -> None:
    """Give each packet back when its time has come, until the command has ended."""
    random = Random(options.seed)  # noqa: S311 - repeatable, and no secret
    late: deque[tuple[float, bytes]] = deque()
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else None
        ready, _, _ = select.select([device, command], [], [], wait)
        if command in ready:
            return
        if device in ready:
            packet = os.read(device, _PACKET)
            if random.random() >= options.loss:
                late.append((time.monotonic() + options.delay, packet))
        while late and late[0][0] <= time.monotonic():
            os.write(device, late.popleft()[1])


if __name__ == "__main__":
    main()
