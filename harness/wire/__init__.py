"""Implements the TWS socket API's wire protocol, sans-IO.

Bytes in, messages out, and back: nothing here opens a socket, so simulator, reference client and decoder share one
definition of every message, and its tests need no network. The messages' layouts are data, in ``messages/``.
"""
