"""Orders that live in a simulated gateway, and what follows a fill.

The way that data takes: ``answers/placing.py`` reads a request and finds its contract; ``answers/order_refusals.py``
refuses it, or it becomes an ``Order`` (``order.py``) of the gateway's one ``Book`` (``book.py``). The ``Desk``
(``desk.py``) opens it, has ``matching.py`` say what it is filled with by the current quote, and does so again on each
beat (``beat.py``) while orders work. ``rejections.py`` knows what a destination rejects, ``hours.py`` when it is open,
and ``groups.py`` who else ends, or begins, with an order: brackets and OCA groups.

A fill goes into the ``Ledger`` (``ledger.py``): executions, commissions (``commissions.py``), holdings, cash, profit.
``account.py`` says what follows for the account's values. What clients hear of all that is written by ``told.py``
(``echo.py`` for the open order) into each client's ``Outbox`` (``outbox.py``), which its session empties: before its
answers, and when something is put into it. ``watchers.py`` knows who watches positions, accounts and profit.

Facts are in ``data/trading/*.toml`` with their source, or in docstrings: captured, documented, or inferred.
"""
