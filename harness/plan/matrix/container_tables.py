"""From a ``[[gateway]]`` of ``kind = "docker"`` to how its container is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from harness.known import images
from harness.known.images import ImageProfile
from harness.plan.matrix.container_spec import ContainerSpec
from harness.shared.errors import did_you_mean

if TYPE_CHECKING:
    from harness.plan.matrix.tables import DockerTable


def container_of(entry: DockerTable, mode: str, own: Iterable[ImageProfile]) -> ContainerSpec:
    """Return how the container of a gateway is made.

    Args:
        entry: its table.
        mode: ``paper`` or ``live``.
        own: the matrix file's own ``[[image]]`` tables, which come before those that are built in.

    Raises:
        ValueError: no profile is of that name or of that image, or it is not of that product.
    """
    profiles = {**images.load(), **{profile.name: profile for profile in own}}
    profile = _profile(entry, profiles)
    if entry.product not in profile.products:
        known = " or ".join(profile.products)
        raise ValueError(f"product: {entry.product!r}: the image profile {profile.name!r} is of {known} only")
    _refuse_what_could_hurt(entry, mode, profile)
    return ContainerSpec(
        image=entry.image or f"{profile.repositories[0]}:{entry.version}",
        profile=profile,
        environment={**_filled(profile.environment, entry, mode), **entry.environment},
        publish=entry.publish,
        pull=entry.pull,
        start_timeout=entry.start_timeout,
        two_factor_timeout=entry.two_factor_timeout,
        reuse=entry.reuse,
    )


def _refuse_what_could_hurt(entry: DockerTable, mode: str, profile: ImageProfile) -> None:
    """Raise ValueError for what an account, a session or a login could be hurt by."""
    for name in entry.environment:
        if name.removesuffix("_FILE") in {secret.removesuffix("_FILE") for secret in profile.secrets}:
            raise ValueError(f"environment: {name!r}: is set from the login; see credential")
        if profile.is_fixed(name):
            raise ValueError(
                f"environment: {name!r}: is set by ib-compat, so that no account, session or login is hurt"
            )
    if profile.ends_sessions and not entry.may_end_sessions:
        raise ValueError(
            f"image_profile: {profile.name!r} ends another session of the same user; "
            f"write may_end_sessions = true if nobody trades with this login"
        )
    if _read_only(entry, mode) and not profile.can_be_read_only:
        raise ValueError(
            f"read_only: the image profile {profile.name!r} does not know how to make the API read-only; "
            f"write read_only = false if it may take orders"
        )


def _profile(entry: DockerTable, profiles: Mapping[str, ImageProfile]) -> ImageProfile:
    if entry.image_profile is not None:
        if entry.image_profile not in profiles:
            known = ", ".join(profiles)
            nearest = did_you_mean(entry.image_profile, profiles)
            raise ValueError(f"image_profile: {entry.image_profile!r}: expected one of {known}{nearest}")
        return profiles[entry.image_profile]
    if entry.image is None:
        return next(profile for profile in images.load().values() if entry.product in profile.products)
    own_first = [*profiles.values()][::-1]
    profile = images.of_image(entry.image, own_first)
    if profile is None:
        raise ValueError(
            f"image: {entry.image!r}: no image profile is of this repository; write image_profile = "
            f'"{next(iter(profiles))}" where it is like that image, or describe it in an [[image]] table'
        )
    return profile


def _filled(environment: Mapping[str, str], entry: DockerTable, mode: str) -> Mapping[str, str]:
    words = {"mode": mode, "product": entry.product, "read_only": "yes" if _read_only(entry, mode) else "no"}
    return {name: value.format_map(words) for name, value in environment.items()}


def _read_only(entry: DockerTable, mode: str) -> bool:
    return mode == "live" if entry.read_only is None else entry.read_only
