"""Begins to observe, and gives way to the program's own ``sitecustomize``. Any Python of the user may import this."""

import os
import sys

_ours = sys.modules[__name__]
_folder = os.path.dirname(__file__)  # noqa: PTH120 - pathlib is not to be imported here
try:
    if sys.version_info >= (3, 8):  # noqa: UP036 - as above
        __import__("ib_compat_observer").start()
except Exception:  # noqa: BLE001, S110 - the program goes on, and has not been observed
    pass
sys.path[:] = [each for each in sys.path if each != _folder]
sys.path_importer_cache.pop(_folder, None)
del sys.modules[__name__]
try:
    __import__("sitecustomize")
except ImportError as problem:
    if getattr(problem, "name", "sitecustomize") != "sitecustomize":
        raise
    sys.modules[__name__] = _ours
