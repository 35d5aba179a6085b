"""Tests which library versions work with which IB Gateway or TWS, and says whose fault it is if one does not."""
