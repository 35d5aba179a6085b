"""Simulates a Gateway on the wire: any client can connect to it and reads what a real one would send.

``harness/known/versions.toml`` says which versions exist and what each speaks; ``data/truth/`` what an account holds.
"""

import logging

logging.getLogger("ib_compat.simulator").addHandler(logging.NullHandler())  # quiet unless a program sets up logging
