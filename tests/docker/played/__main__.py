"""The image's program."""

import asyncio
import os
import sys

from tests.docker.played.entry import play

sys.exit(asyncio.run(play(dict(os.environ))))
