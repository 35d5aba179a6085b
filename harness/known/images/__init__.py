"""Holds what is known of container images with a Gateway or TWS, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import tomllib

from harness.known.images.image_profile import BootFailure, Exit, ImageProfile, Marker, Ports

__all__ = ["BootFailure", "Exit", "ImageProfile", "Marker", "Ports", "load", "of_image", "repository"]


@cache
def load() -> Mapping[str, ImageProfile]:
    """Return the images that are known, by name; the default is the first."""
    folder = resources.files("harness.known.images")
    profiles = (_read(folder / f"{name}.toml") for name in ("gnzsnz", "gnzsnz-tws", "extrange", "manhinhang"))
    return {profile.name: profile for profile in profiles}


def _read(file: resources.abc.Traversable) -> ImageProfile:
    return ImageProfile.model_validate(tomllib.loads(file.read_text("utf-8")))


def repository(reference: str) -> str:
    """Return an image's name without tag and digest: ``localhost:5000/a/b`` of ``localhost:5000/a/b:1.2@sha256:…``."""
    name = reference.partition("@")[0]
    path, colon, tag = name.rpartition(":")
    return path if colon and "/" not in tag else name


def of_image(reference: str, profiles: Iterable[ImageProfile]) -> ImageProfile | None:
    """Return the profile that an image is of by its repository; ``None`` if none knows it."""
    wanted = _without_registry(repository(reference))
    return next(
        (each for each in profiles if any(_without_registry(known) == wanted for known in each.repositories)), None
    )


def _without_registry(name: str) -> str:
    """Strip the registry: the same image is published at several, and mirrored at more."""
    first, slash, rest = name.partition("/")
    is_registry = slash and ("." in first or ":" in first or first == "localhost")
    return rest if is_registry else name
