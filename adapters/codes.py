"""Codes of error callbacks that decide how an answer is read, the same for every library."""

from __future__ import annotations

NOTICES = range(2100, 2200)
"""Codes of error callbacks that are no errors, such as 2104; the libraries draw the same line."""

CANCELLED = 202
"""Code by which a gateway confirms that an order was cancelled, beside the order's status."""

GOES_WITH_AN_ANSWER = frozenset({CANCELLED, 399, 404, 10167, 10349})
"""Codes of error callbacks that name a request and are no refusal of it: an order is cancelled as asked, waits for the
market to open or for shares to borrow, has its time in force set by the order preset; delayed data comes instead of
live."""

READ_ONLY = 321
"""Code by which a gateway in Read-Only mode refuses whatever is about orders."""

NO_REQUEST_IDS = frozenset({-1, 2**31 - 1})
"""What an error callback names where it is about no request, or about one that has no id."""

NOT_SUBSCRIBED = frozenset({354, 10089, 10090, 10091, 10168, 10186, 10189, 10197})
"""Codes by which a gateway says that the account may not have the market data that was asked for."""
