"""Makes columns and containers from a matrix file's ``[[gateway]]`` tables, with every default filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.known import images
from harness.known.images import ImageProfile
from harness.known.scenarios import machine_of
from harness.plan.matrix.gateway_spec import ContainerSpec, GatewaySpec
from harness.plan.matrix.origins import refuse_profile, refuse_same_place
from harness.plan.matrix.problems import matrix_error
from harness.plan.matrix.recorded import RecordingSpec, read_spec
from harness.plan.matrix.surroundings import LOCAL, placed
from harness.plan.matrix.tables import (
    CLIENT_IDS,
    GATEWAY_TAKES,
    AddressTable,
    DockerTable,
    MatrixTable,
    ReplayTable,
    SimulatorTable,
)
from harness.shared.errors import did_you_mean

_SIMULATED_CLIENT_IDS = (CLIENT_IDS[0], 32_767)
"""The client ids for a simulated gateway. It has no other users, so the range fits any number of rows."""

AnyTable = SimulatorTable | AddressTable | DockerTable | ReplayTable


def columns_of(table: MatrixTable, file: Path) -> tuple[GatewaySpec, ...]:
    """Return the gateways of a matrix file, in its order.

    Raises:
        MatrixError: keys of a gateway do not go together, two have the same name, or one would block another's login.
    """
    columns: dict[str, GatewaySpec] = {}
    for number, entry in enumerate(table.gateway, start=1):
        where = f"{file}: [[gateway]] {number}"
        there = placed(entry, where) if isinstance(entry, AddressTable) else entry
        try:
            column = _column(there, table, file.parent)
        except ValueError as problem:
            raise matrix_error([f"{where}: {problem}"], file) from None
        if column.name in columns:
            raise matrix_error([f"{where}: duplicate name {column.name!r}; give one a 'name'"], file)
        columns[column.name] = column
        if column.kind == "simulator":
            refuse_profile(column.profile, where)
    refuse_same_place(
        (f"{file}: [[gateway]] {number}", column.host, column.port)
        for number, column in enumerate(columns.values(), start=1)
    )
    _refuse_keeping_a_shared_login(columns.values(), file)
    return tuple(columns.values())


def _refuse_keeping_a_shared_login(columns: Iterable[GatewaySpec], file: Path) -> None:
    """Refuse to keep a container whose login other gateways need, because they could never start.

    Raises:
        MatrixError: there is such a container.
    """
    booted = [column for column in columns if column.container is not None]
    logins = Counter(column.credential for column in booted)
    for column in booted:
        if column.container and column.container.reuse and logins[column.credential] > 1:
            message = f"reuse: true: other containers need the credential {column.credential!r}, which it would keep"
            raise matrix_error([f"{file}: [[gateway]] {column.name}: {message}"], file)


def _column(entry: AnyTable, table: MatrixTable, folder: Path) -> GatewaySpec:
    """Return a gateway with every default filled in; raises ValueError if its keys do not go together."""
    recording = _recording(entry, folder) if isinstance(entry, ReplayTable) else None
    mode = entry.mode or (recording.mode if recording else "") or table.defaults.mode
    name = f"{entry.product}-{entry.version}-{mode}"
    own = {"name": name, "client_ids": CLIENT_IDS, "concurrency": 1, **_of_kind(entry, mode, table)}
    said = {"name": entry.name, "client_ids": entry.client_ids, "concurrency": entry.concurrency}
    return GatewaySpec(
        product=entry.product,
        version=entry.version,
        mode=mode,
        kind=entry.kind,
        verdict=entry.verdict,
        timezone=table.defaults.timezone,
        labels=entry.labels,
        recording=recording,
        **{**own, **{key: value for key, value in said.items() if value is not None}},
    )


def _of_kind(entry: AnyTable, mode: str, table: MatrixTable) -> Mapping[str, Any]:
    """Return what only gateways of its kind have, and their defaults."""
    if isinstance(entry, SimulatorTable):
        return _simulated(entry, mode)
    if isinstance(entry, ReplayTable):
        return _replayed(entry, mode)
    theirs = {"account": entry.account, "credential": entry.credential, "profile": None}
    if isinstance(entry, AddressTable):
        return {**theirs, "host": entry.host or LOCAL, "port": entry.port or 0, "optional": entry.optional}
    return {**theirs, "host": entry.publish, "port": 0, "container": container_of(entry, mode, table.image)}


def _simulated(entry: SimulatorTable, mode: str) -> Mapping[str, Any]:
    if entry.behaviour.login_zone is not None:
        raise ValueError(
            "behaviour.login_zone: in a run every gateway is logged in at [defaults] timezone; say it there"
        )
    name = f"{entry.product}-{entry.version}-{mode}"
    return {
        "name": f"{name}-{entry.scenario}" if entry.scenario else name,
        "host": LOCAL,
        "port": entry.port,
        "account": None,
        "profile": entry.profile or f"{entry.product}-{entry.version}",
        "client_ids": _SIMULATED_CLIENT_IDS,
        "concurrency": GATEWAY_TAKES,
        "scenario": entry.scenario,
        "behaviour": entry.behaviour,
        "machine": machine_of(entry.scenario, entry.machine),
        "hello": entry.hello,
    }


def _replayed(entry: ReplayTable, mode: str) -> Mapping[str, Any]:
    return {
        "name": f"{entry.product}-{entry.version}-{mode}-replay",
        "host": LOCAL,
        "port": entry.port,
        "account": None,
        "profile": None,
        "client_ids": _SIMULATED_CLIENT_IDS,
        "concurrency": GATEWAY_TAKES,
    }


def _recording(entry: ReplayTable, folder: Path) -> RecordingSpec:
    """Return the recording of a gateway, a path relative to the matrix file; raises ValueError if it does not fit."""
    try:
        file = (folder / Path(entry.recording).expanduser()).resolve()
    except RuntimeError as problem:  # a link to itself, or the home of a user who is not there
        raise ValueError(f"recording: {entry.recording!r}: {problem}") from None
    recording = read_spec(file, entry.speed)
    for key, said, recorded in (
        ("product", entry.product, recording.product),
        ("mode", entry.mode, recording.mode),
    ):
        if said is not None and recorded and said != recorded:
            raise ValueError(f"{key}: {said!r}: the recording is of {recorded!r}")
    return recording


def container_of(entry: DockerTable, mode: str, own: Iterable[ImageProfile]) -> ContainerSpec:
    """Return how the container of a gateway is made.

    Args:
        entry: its table.
        mode: ``paper`` or ``live``.
        own: the matrix file's own ``[[image]]`` tables, which come before those that are built in.

    Raises:
        ValueError: no profile has that name or image, or the profile is for another product.
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
    """Refuse combinations of keys that could harm an account, a session or a login, with a ValueError."""
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
            f"image: {entry.image!r}: there is no image profile for this repository; write image_profile = "
            f'"{next(iter(profiles))}" if it is like that image, or describe it in an [[image]] table'
        )
    return profile


def _filled(environment: Mapping[str, str], entry: DockerTable, mode: str) -> Mapping[str, str]:
    words = {"mode": mode, "product": entry.product, "read_only": "yes" if _read_only(entry, mode) else "no"}
    return {name: value.format_map(words) for name, value in environment.items()}


def _read_only(entry: DockerTable, mode: str) -> bool:
    return mode == "live" if entry.read_only is None else entry.read_only
