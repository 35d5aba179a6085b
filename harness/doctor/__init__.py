"""Examines gateways one by one, and says whose fault it is if one does not answer."""
