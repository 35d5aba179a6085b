"""Reading what others wrote: only ordinary files, only so much of them, and a sentence for what may not be read."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from harness.diagnose.host.hiding import Hiding

MOST = 64 * 1024
"""Bytes that are read, from the end of a file."""


class Files:
    """The files of this machine.

    Args:
        unseen: gets a sentence for each file that is there and may not be read.
        hiding: makes paths fit for those sentences.
    """

    def __init__(self, unseen: list[str], hiding: Hiding) -> None:
        self._unseen = unseen
        self._hiding = hiding

    def folders(self, places: Iterable[str]) -> list[Path]:
        """Expand places such as ``~/Jts/ibgateway/*`` or ``$TWS_SETTINGS_PATH``; what is not there is left out.

        So is what is not absolute: a variable that is not set, or one that only the Gateway's start script understands.
        """
        named = [os.path.expandvars(os.path.expanduser(place)) for place in places]  # noqa: PTH111 - never raises
        absolute = [name for name in named if Path(name).is_absolute()]
        return [Path(found) for name in absolute for found in sorted(glob.glob(name))]  # noqa: PTH207 - many at once

    def matching(self, folder: Path, names: Iterable[str]) -> list[Path]:
        """The files of a folder whose names fit, such as ``api.*.log`` or ``*/api.*.log``."""
        patterns = (os.path.join(glob.escape(str(folder)), name) for name in names)  # noqa: PTH118 - the folder is escaped
        return [Path(found) for pattern in patterns for found in sorted(glob.glob(pattern))]  # noqa: PTH207 - many at once

    def status(self, file: Path) -> os.stat_result | None:
        """What the system tells of an ordinary file; ``None`` where it is none, is not there, or may not be seen."""
        try:
            found = file.stat()
        except PermissionError:
            self._refused(file)
        except OSError:  # gone, or never there
            return None
        else:
            return found if stat.S_ISREG(found.st_mode) else None
        return None

    def end(self, file: Path) -> bytes | None:
        """The last 64 KiB of an ordinary file, from the beginning of a line; ``None`` as ``status``."""
        found = self.status(file)
        if found is None:
            return None
        try:
            with file.open("rb") as opened:
                opened.seek(max(0, found.st_size - MOST))
                data = opened.read(MOST)
        except PermissionError:
            self._refused(file)
            return None
        except OSError:  # gone just now
            return None
        return data if found.st_size <= MOST else data.partition(b"\n")[2]

    def _refused(self, file: Path) -> None:
        self._unseen.append(f"{self._hiding.path(file)} may not be read by this user.")
