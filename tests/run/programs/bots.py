"""Small programs that speak the text protocol without any library: what each does is its name."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from harness.run.programs.network import OwnNetwork, Start
from harness.shared.errors import UsageError

_SPEAKS = """
import os, socket, struct, subprocess, sys, time

def frame(*fields):
    payload = b"".join(str(each).encode() + bytes(1) for each in fields)
    return struct.pack(">I", len(payload)) + payload

class Gateway:
    def __init__(self, host="127.0.0.1", port=4002, client_id=7, most=187):
        self.socket = socket.create_connection((host, int(port)))
        versions = f"v100..{most}".encode()
        self.socket.sendall(b"API" + bytes(1) + struct.pack(">I", len(versions)) + versions)
        self.file = self.socket.makefile("rb")
        self.version = int(self.read()[0])
        self.socket.sendall(frame(71, 2, client_id, ""))
        self.until("9")

    def read(self):
        (length,) = struct.unpack(">I", self.file.read(4))
        return self.file.read(length).decode().split(chr(0))

    def until(self, kind):
        while self.read()[0] != kind:
            pass

    def ask(self, *fields, end):
        self.socket.sendall(frame(*fields))
        self.until(end)

    def positions(self):
        self.ask(61, 1, end="62")
"""

BOTS = {
    "asks": "Gateway().positions(); print('done')",
    "is_told_where": "Gateway(*sys.argv[1:3]).positions()",
    "reads_where": "Gateway(os.environ['IB_HOST'], os.environ['IB_PORT']).positions()",
    "is_given_a_variable": "host, port = os.environ['WHERE'].split(':'); Gateway(host, port).positions()",
    "reads_a_file": "Gateway(*open('in/where').read().split()).positions()",
    "asks_more_of_newer_ones": """
gateway = Gateway()
gateway.positions()
if gateway.version > 176:
    gateway.ask(49, 1, end="49")
""",
    "ends_otherwise_at_newer_ones": "sys.exit(Gateway().version > 176)",
    "differs_once": """
gateway = Gateway()
gateway.positions()
with open(sys.argv[1], "a+") as counter:
    counter.seek(0)
    first = gateway.version > 176 and not counter.read()
    counter.write("x" if first else "")
if first:
    gateway.ask(49, 1, end="49")
""",
    "asks_more_by_plan": """
gateway = Gateway(most=190)
gateway.positions()
number = 0
while True:
    try:
        open(f"{sys.argv[1]}/{gateway.version}-{number}", "x")
        break
    except FileExistsError:
        number += 1
if open(f"{sys.argv[1]}/{gateway.version}").read()[number] == "x":
    gateway.ask(49, 1, end="49")
""",
    "places_an_order": """
gateway = Gateway()
gateway.socket.sendall(bytes.fromhex(open(f"order-{gateway.version}").read()))
while (said := gateway.read())[0] != "5" and said[:3] != ["4", "2", "900"]:
    pass
""",
    "waits_for_a_broken_farm": """
class Watching(Gateway):
    broken = False
    def read(self):
        fields = super().read()
        self.broken = self.broken or fields[3:4] == ["2103"]
        return fields

gateway = Watching()
gateway.positions()
while not gateway.broken:  # it may have broken before, if this machine is busy
    gateway.read()
print("broken")
""",
    "asks_for_news": """
gateway = Gateway()
gateway.positions()
gateway.socket.sendall(frame(12, 1, 1))
gateway.positions()
""",
    "writes_an_old_message": """
gateway = Gateway()
gateway.socket.sendall(frame(4, 1, 999, ''))
gateway.positions()
""",
    "waits_for_an_order_id": "Gateway().ask(8, 1, 1, end='9'); print('placed')",
    "cancels": """
gateway = Gateway(port=sys.argv[1])
gateway.socket.sendall(frame(4, 1, 999, '', '', '', 2**31 - 1))
while True:
    kind, _, number, code, *_ = gateway.read()
    if (kind, number) == ("4", "999"):
        print(code)
        break
""",
    "asks_what_nobody_knows": "Gateway().ask(199, 1, end='4')",
    "never_connects": "print('no key')",
    "takes_much": """
Gateway().positions()
held, began = b"x" * 200 * 2**20, time.process_time()
while time.process_time() < began + 0.4:
    pass
""",
    "fails": "Gateway().positions(); sys.exit(3)",
    "runs_on": """
Gateway().positions()
print("ready", flush=True)
try:
    time.sleep(600)
finally:
    print("ended at", time.time())
""",
    "runs_on_after_it_asked_more_of_newer_ones": """
gateway = Gateway()
gateway.positions()
if gateway.version > 176:
    gateway.ask(49, 1, end="49")
print("ready", flush=True)
time.sleep(600)
""",
    "cleans_up_where_it_is_told": """
gateway = Gateway(*sys.argv[1:3])
try:
    print("ready", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    gateway.positions()
    print("bye")
    sys.exit(4)
""",
    "leaves_a_process": """
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]], start_new_session=True)
Gateway().positions()
""",
    "leaves_a_process_without_variables": """
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]], env={})
Gateway().positions()
""",
    "writes": """
Gateway().positions()
open("state.db", "a").write("x")
open(os.path.expanduser("~/state.db"), "a").write("x")
print(open("state.db").read(), os.path.expanduser("~"), os.getcwd())
""",
    "looks_elsewhere": """
Gateway().positions()
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
except OSError:
    print("cannot")
""",
    "writes_its_environment": "Gateway().positions(); print(os.environ['VIRTUAL_ENV'] + '/lib')",
    "writes_a_hash": """
Gateway().positions()
print(str(hash("x")).translate(str.maketrans("-0123456789", "abcdefghijk")))
""",
    "tells_its_account": "Gateway().positions(); print(os.environ['ACCOUNT'], open('account').read())",
    "tells_its_day": """
Gateway().positions()
began = time.monotonic()
time.sleep(0.01)
print(time.strftime("%d %B %Y"), os.getpid(), 0 < time.monotonic() - began < 60, flush=True)
os.kill(os.getpid(), 9)
""",
    "writes_to": """
Gateway().positions()
for name in sys.argv[1:]:
    open(name, "a").write("x")
print(*sys.argv[1:], os.environ["PWD"])
""",
    "goes_wrong": """
import asyncio, gc, logging, threading

async def sleeps():
    await asyncio.sleep(600)

async def loses():
    raise ValueError("lost")

async def works():
    waiting = [asyncio.ensure_future(sleeps())]
    asyncio.ensure_future(loses())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()

Gateway().positions()
logging.getLogger("off").disabled = True
for each in ("cash", "time", "luck"):
    logging.getLogger("bot").warning("low on %s", each)
    logging.getLogger("bot").info("busy")
    logging.getLogger("off").error("unheard")
asyncio.run(works())
thread = threading.Thread(target=lambda: {}["key"])
thread.start()
thread.join()
raise RuntimeError("the end")
""",
    "warns_at_newer_ones": """
import logging
gateway = Gateway()
gateway.positions()
logging.getLogger("bot").addHandler(logging.NullHandler())
if gateway.version > 176:
    logging.getLogger("bot").warning("new")
""",
    "writes_without_end": """
Gateway().positions()
for number in range(40_000):
    print("line", "x" * 20)
print("the last")
""",
}


def write_bot(folder: Path, name: str) -> Path:
    """Write a program into a folder."""
    file = folder / f"{name}.py"
    file.write_text(_SPEAKS + BOTS[name], encoding="utf-8")
    return file


def needs_networks() -> None:
    """Skip where the system gives no network to a program: only Linux has them, and some containers forbid them."""

    async def entered() -> None:
        own = OwnNetwork()
        listeners = await own.prepare(Start(command=("true",), environment=dict(os.environ), folder=Path.cwd()))
        for each in listeners:
            each.close()
        await own.close()

    try:
        asyncio.run(entered())
    except UsageError as problem:
        pytest.skip(str(problem))
