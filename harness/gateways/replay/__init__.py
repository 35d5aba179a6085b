"""Replays a recording: a gateway that answers as the recorded one did.

`server` listens, `connection` carries what is said, `session` answers a client, `recorded` finds the answer to a
request, `rewriting` writes it for another client and another server version.
"""

import logging

logging.getLogger("ib_compat.replay").addHandler(logging.NullHandler())  # quiet unless a program sets up logging
