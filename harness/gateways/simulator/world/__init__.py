"""A closed world of instruments, as data and rules: ``World`` has them all by con id, and none has a date that rots.

What is asked for is found by `contracts`, made by `making` (what lasts), `futures` and `chains`, and told by `listing`.
`tables` says what the files in ``data/world/`` may hold, `files` reads them, `checking` compares them with each other.
`holdings` and `lists` bring the rest of the built-in truth into the world.
"""

from harness.gateways.simulator.world.listing import Listing
from harness.gateways.simulator.world.world import World

__all__ = ["Listing", "World"]
