"""The TWS socket API's wire protocol, sans-IO.

Bytes in, messages out, and back: nothing here opens a socket, so simulator, control and decoder share one definition
of every message, and its tests need no network. What the messages look like is data, in ``messages/``.
"""
