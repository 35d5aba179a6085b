"""Which library version works against which IB Gateway or TWS, and whose fault it is when one does not."""
