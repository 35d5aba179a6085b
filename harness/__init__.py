"""Measures which library version works against which IB Gateway or TWS, and says whose fault it is when one does not."""
