"""Runs programs of somebody else against gateways, with a tap between them."""
