"""Gives tests of programs that trade through IBKR a simulated IB Gateway: the pytest fixture ``ib_gateway``."""
