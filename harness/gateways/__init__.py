"""Provides gateways. Each kind is an asynchronous context manager that yields an address."""
