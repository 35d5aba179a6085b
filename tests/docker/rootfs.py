"""A root file system made of this machine's own files: the interpreter that runs the tests, a shell, and our packages.

No registry is asked and nobody's software is shipped: what an image needs is here already. Only Linux has it in a form
that a container can run.
"""

from __future__ import annotations

import io
import json
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from importlib.util import cache_from_source
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = "opt/ib-compat"
"""Where our packages are in the image, without the slash before it."""

THEIRS = "opt/site-packages"
"""Where the packages are that ours import."""

UID = 1000
HOME = "home/ibgateway"

COMMANDS = ("sh", "cat", "env", "id", "ls", "rm", "sleep", "stat")
"""What there is besides Python; a real image has more."""

_NOT_NEEDED = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "tkinter", "turtledemo"}
_LOADED = """
import sys
before = set(sys.modules)
import asyncio, json, zoneinfo
zoneinfo.reset_tzpath(to=[])  # the image has no time zones of a system, only the package
import tests.docker.played.entry
from tests.docker.played.gateway import SimulatedGateway, find

async def open_and_close():
    async with SimulatedGateway(find("gateway-10.45")):
        pass

asyncio.run(open_and_close())
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items() if name not in before}
print(json.dumps({name: file for name, file in files.items() if file}))
"""


def interpreter() -> Path:
    """Return the interpreter itself: not the link that a virtual environment has to it."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def write_played(archive: Path) -> None:
    """Write the file system of the image that plays ib-gateway."""
    with tarfile.open(archive, "w") as tar:
        loaded = _loaded_files()
        theirs = _packages_of_others(loaded.values())
        _add_interpreter(tar, theirs)
        for top in theirs:
            tar.add(top, f"{THEIRS}/{top.name}", filter=_without_caches)
        for package in ("harness", "adapters", "tests/docker/played"):
            tar.add(ROOT / package, f"{OURS}/{package}", filter=_without_caches)
        for module in ("tests/__init__.py", "tests/docker/__init__.py"):
            tar.add(ROOT / module, f"{OURS}/{module}")
        _add_compiled(tar, loaded, theirs)
        _add_home(tar, {"scripts/run.sh": _run_sh()})


def write_interpreter(archive: Path) -> None:
    """Write a file system with the interpreter and pip, as the base of an image that installs something itself."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive, "w") as tar:
        shutil.unpack_archive(bundled_pip(), folder, "zip")
        _add_interpreter(tar, _packages_of_others(_loaded_files().values()))  # whatever pip will install needs the same
        _link(tar, "bin/python3", str(interpreter()))
        site = sysconfig.get_path("purelib", vars={"base": sys.base_prefix, "platbase": sys.base_prefix})
        for part in Path(folder).iterdir():
            tar.add(part, f"{site.lstrip('/')}/{part.name}")
        _add_home(tar, {})


def bundled_pip() -> Path:
    """Return the wheel of pip that comes with the interpreter, where ``venv`` has it from."""
    folders = (Path(sysconfig.get_path("stdlib"), "ensurepip", "_bundled"), Path("/usr/share/python-wheels"))
    return next(wheel for folder in folders for wheel in folder.glob("pip-*.whl"))


def _run_sh() -> str:
    return f"#!/bin/sh\nPYTHONPATH=/{OURS}:/{THEIRS} PYTHONSAFEPATH=1 exec {interpreter()} -u -m tests.docker.played\n"


def _add_interpreter(tar: tarfile.TarFile, packages: Iterable[Path]) -> None:
    """Add the interpreter, its standard library, the commands, and every library that these or the packages load."""
    standard = Path(sysconfig.get_path("stdlib"))
    commands = [Path(found) for found in map(shutil.which, COMMANDS) if found]
    binaries = [interpreter(), *commands, *(standard / "lib-dynload").glob("*.so")]
    binaries += [extension for package in packages for extension in package.rglob("*.so")]
    for library in _libraries(binaries):
        tar.add(library.resolve(), str(library).lstrip("/"))
    for command in commands:
        tar.add(command.resolve(), f"bin/{command.name}")
    tar.add(interpreter(), str(interpreter()).lstrip("/"))
    tar.add(standard, str(standard).lstrip("/"), filter=_standard_library)


def _libraries(binaries: Iterable[Path]) -> list[Path]:
    """Return what the loader would load for these, by the names that it would look for."""
    said = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False).stdout
    return sorted({Path(found) for found in re.findall(r"(/\S+) \(0x", said)})


def _standard_library(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = set(member.name.split("/"))
    if parts & _NOT_NEEDED or any(part.startswith("config-") for part in parts):
        return None
    return _without_caches(member)


def _without_caches(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member


def _loaded_files() -> Mapping[str, str]:
    """Return the file of every module that the played image loads, as this interpreter finds them."""
    done = subprocess.run([sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    files: dict[str, str] = json.loads(done.stdout)
    return files


def _packages_of_others(files: Iterable[str]) -> list[Path]:
    """Return the packages and modules, where they are installed, that these files belong to."""
    found = set()
    for file in map(Path, files):
        for site in file.parents:
            if site.name in {"site-packages", "dist-packages"}:
                found.add(site / file.relative_to(site).parts[0])
    return sorted(found)


def _add_compiled(tar: tarfile.TarFile, loaded: Mapping[str, str], theirs: list[Path]) -> None:
    """Add the byte code of every module that is imported: the user of the image may not write it."""
    places = {**{str(top.parent): THEIRS for top in theirs}, str(ROOT): OURS}
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(name for name in loaded.values() if name.endswith(".py")):
            place = next((file.replace(top, f"/{to}", 1) for top, to in places.items() if file.startswith(top)), file)
            compiled = f"{folder}/{number}"
            py_compile.compile(
                file, compiled, dfile=place, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )
            tar.add(compiled, cache_from_source(place).lstrip("/"))


def _add_home(tar: tarfile.TarFile, files: Mapping[str, str]) -> None:
    """Add the user that the image runs as, the folders that he needs, and his files."""
    _text(tar, "etc/passwd", f"root:x:0:0::/root:/bin/sh\nibgateway:x:{UID}:{UID}::/{HOME}:/bin/sh\n")
    _text(tar, "etc/group", f"root:x:0:\nibgateway:x:{UID}:\n")
    _folder(tar, "tmp", 0o1777)
    _folder(tar, "run", 0o755)
    for folder in sorted({HOME, *(str(Path(HOME, name).parent) for name in files)}):
        _folder(tar, folder, 0o755, UID)
    for name, text in files.items():
        _text(tar, f"{HOME}/{name}", text, 0o755, UID)


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    tar.addfile(member)


def _folder(tar: tarfile.TarFile, name: str, mode: int, owner: int = 0) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.uid, member.gid = tarfile.DIRTYPE, mode, owner, owner
    tar.addfile(member)


def _text(tar: tarfile.TarFile, name: str, text: str, mode: int = 0o644, owner: int = 0) -> None:
    data = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.uid, member.gid = len(data), mode, owner, owner
    tar.addfile(member, io.BytesIO(data))
