"""A gateway in a container, against an engine that is played over its HTTP API."""
