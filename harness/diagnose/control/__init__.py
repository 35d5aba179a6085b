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
    """Connect once, and go as far as a client can without a request.

    A gateway that still keeps our earlier connections unanswered is not connected to.

    Args:
        host: the gateway's address.
        port: the gateway's port.
        client_id: a client id that nobody else uses.
        timeout: seconds within which the gateway must be ready.
        when: ``before``, ``between`` or ``after`` the cells.

    Returns:
        What was seen. A gateway that fails gives a record, too, never an exception.
    """
    tried = Try(when=when, host=host, port=port, client_id=client_id, timeout=timeout)
    why_not = await why_not_again(host, port)
    return await attempt(tried) if why_not is None else not_asked(tried, why_not)
