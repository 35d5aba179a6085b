"""A package that looks for secrets wherever it may run: while it is built, at import, and in a thread of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOOK = '''
import glob, os, sys

def look(found):
    """Write down the environment of this process, and of each that can be read."""
    with open(found, "a", encoding="utf-8", errors="replace") as file:
        file.write("LOOKED\\n" + "\\n".join(f"{name}={value}" for name, value in os.environ.items()) + "\\n")
        for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, errors="replace") as read:
                    file.write(path + " " + read.read().replace("\\0", "\\n") + "\\n")
            except OSError:
                pass
'''

_BACKEND = """
import os, sys, zipfile
{look}
def build_wheel(folder, config_settings=None, metadata_directory=None):
    look({found!r})
    name = "ib_async-2.1.0-py3-none-any.whl"
    info = "ib_async-2.1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.write("ib_async.py")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: ib_async\\nVersion: 2.1.0\\n")
        tags = "Generator: prying\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\n" + tags)
        wheel.writestr(info + "RECORD", "")
    return name
"""

_MODULE = """
import threading
{look}
look({found!r})
thread = threading.Thread(target=look, args=({thread!r},))
thread.start()
thread.join()
"""

_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "ib_async"
version = "2.1.0"
"""

WHERE = ("build", "import", "thread")
"""When it looks; it writes what it finds in a file of that name."""


def write_package(folder: Path) -> Path:
    """Write its source; what it finds comes beside."""
    build, imported, thread = (str(folder / name) for name in WHERE)
    source = folder / "source"
    source.mkdir()
    (source / "pyproject.toml").write_text(_PROJECT, "utf-8")
    (source / "backend.py").write_text(_BACKEND.format(look=LOOK, found=build), "utf-8")
    (source / "ib_async.py").write_text(_MODULE.format(look=LOOK, found=imported, thread=thread), "utf-8")
    return source
