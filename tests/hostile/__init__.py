"""Servers in a gateway's place that send more than any gateway does, or less than is whole."""
