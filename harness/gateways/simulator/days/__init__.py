"""Lets days pass in a simulated gateway: what happens to it, and when, is data.

``tables`` defines the keys of a day's file, ``files`` reads it, ``schedule`` says when what is due, ``conditions`` is
what is so at a moment (which farms are well, whether the link is up), ``happenings`` does what an event says, and
``player`` does it when it is due.
"""
