"""A Gateway on the wire: any client may connect to it and reads what a real one would send.

Which versions exist and what each speaks is ``harness/known/versions.toml``; what an account holds is ``data/truth/``.
"""

import logging

logging.getLogger("ib_compat.simulator").addHandler(logging.NullHandler())  # quiet unless a program sets up logging
