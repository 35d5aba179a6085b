"""Implements the reference client, which tests a gateway without any library.

If it fails, the gateway (or the way to it) is at fault, not the libraries; if it passes, the gateway answered at that
moment. It announces a wide range of versions, so the gateway answers with its own maximum. It sends the hello and
START_API, and closes what it opens. If its caller asks for it and the accounts allow it, it also sends what libraries
request before they call themselves connected (``first_requests``).
"""

from __future__ import annotations

from harness.diagnose.control.attempt import attempt
from harness.diagnose.control.attempt_state import WIDEST, Try
from harness.diagnose.control.earlier_looks import not_asked, why_not_again
from harness.shared.evidence import ProbeRecord

__all__ = ["WIDEST", "probe"]


async def probe(host: str, port: int, *, client_id: int, timeout: float, when: str = "before") -> ProbeRecord:
    """Connect once as far as a client can get before it asks for anything; not to what keeps earlier ones of ours.

    Args:
        host: the gateway's address.
        port: the gateway's port.
        client_id: must be nobody else's.
        timeout: seconds in which the gateway has to be ready.
        when: ``before``, ``between`` or ``after`` the cells.

    Returns:
        What was seen; a gateway that fails is a record too, never an exception.
    """
    tried = Try(when=when, host=host, port=port, client_id=client_id, timeout=timeout)
    why_not = await why_not_again(host, port)
    return await attempt(tried) if why_not is None else not_asked(tried, why_not)
