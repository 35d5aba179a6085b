"""How a gateway of ``kind = "docker"`` is brought up, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.known.images import ImageProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """What the matrix file says of a container.

    Args:
        image: repository and tag or digest.
        profile: what is known of that image.
        environment: what is set in the container: the profile's, its words filled in, and the matrix file's over it.
        publish: the address on the engine's machine at which its port is published.
        pull: ``missing``, ``always`` or ``never``.
        start_timeout: seconds from its start to its login, while it waits for nobody.
        two_factor_timeout: seconds that a person has for the second factor.
        reuse: whether it is left running for the next run, and one that runs is taken.
    """

    image: str
    profile: ImageProfile
    environment: Mapping[str, str]
    publish: str
    pull: str
    start_timeout: float
    two_factor_timeout: float
    reuse: bool
