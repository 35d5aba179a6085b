"""Why a container with a Gateway or TWS in it did not come up: the codes that verdicts are made from."""

from __future__ import annotations

from enum import StrEnum


class BootFailure(StrEnum):
    """What ended the wait for a gateway that we bring up; each has a rule in ``harness/diagnose/gateway.toml``."""

    ENGINE_UNREACHABLE = "engine-unreachable"
    ENGINE_FORBIDDEN = "engine-forbidden"
    ENGINE_FAILED = "engine-failed"
    """The engine answered, and would not do it."""
    PORT_OUT_OF_REACH = "port-out-of-reach"
    """The engine is on another machine, and the port would be published there for that machine alone."""
    IMAGE_MISSING = "image-missing"
    IMAGE_UNAVAILABLE = "image-unavailable"
    """The registry could not be asked."""
    NO_CREDENTIAL = "no-credential"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    TWO_FACTOR_TIMEOUT = "two-factor-timeout"
    TWO_FACTOR_DEVICE = "two-factor-device"
    EXISTING_SESSION = "existing-session"
    DESUPPORTED = "desupported"
    IBC_TOO_OLD = "ibc-too-old"
    NO_LOGIN_DIALOG = "no-login-dialog"
    LOGIN_LOST = "login-lost"
    """The login dialog went away by itself, and IBC begins anew."""
    IBKR_OUT_OF_REACH = "ibkr-out-of-reach"
    IBKR_UNAVAILABLE = "ibkr-unavailable"
    IMAGE_REFUSES_SETTINGS = "image-refuses-settings"
    IMAGE_BROKEN = "image-broken"
    CONTAINER_EXITED = "container-exited"
    NOT_READY_IN_TIME = "not-ready-in-time"
    NO_HELLO = "no-hello"
    """Logged in, and the API does not answer."""
