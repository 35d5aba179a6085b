"""Looks at gateways one by one, and says whose fault it is where one does not answer."""
