"""Orders that live in a simulated gateway, and what follows a fill.

The way that data takes: ``answers/placing.py`` reads a request and finds its contract; ``answers/order_refusals.py``
refuses it, or it becomes an ``Order`` (``order.py``) of the gateway's one ``Book`` (``book.py``). The ``Desk``
(``desk.py``) opens it, has ``matching.py`` say what it is filled with by the current quote, and does so again on each
beat (``beat.py``) while orders work.

What the desk asks: ``kinds.py`` what a type waits for and takes, ``pegging.py`` where one is pegged, ``auctions.py``
when auctions are, ``order_conditions.py`` whether conditions hold, ``waits.py`` what keeps an order back, ``hours.py``
when a market is open, ``rejections.py`` what is rejected, ``weighing.py`` what an order takes of the account,
``groups.py`` who else ends or begins with it (brackets and OCA groups), and ``combos.py`` what a combination costs.

``filling.py`` books a fill. It goes into the ``Ledger`` (``ledger.py``): executions, commissions (``commissions.py``),
holdings, cash, profit. ``account.py`` says what follows for the account's values. What clients hear of all that is
written by ``told.py`` (``echo.py`` for the open order) into each client's ``Outbox`` (``outbox.py``), which its session
empties: before its answers, and when something is put into it. ``watchers.py`` knows who watches positions, accounts
and profit.

Facts are in ``data/trading/*.toml`` with their source, or in docstrings: captured, documented, or inferred.
"""
