"""Gateways in containers and images of one's own, as a matrix file says them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import load_matrix
from harness.shared.errors import MatrixError

LIBRARY = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n'
GATEWAY = '[[gateway]]\nkind = "docker"\nproduct = "gateway"\nversion = "10.45.1j"\n'
IMAGE = """
[[image]]
name = "ours"
repositories = ["registry.example/team/gateway"]
products = ["gateway"]
ports = { paper = 1, live = 2 }
environment = { MODE = "{mode}", WHAT = "{product}", READ = "{read_only}" }
secrets = { WHO = "userid", WORD_FILE = "password-file" }
logged_in = ["done"]
"""


def gateway(tmp_path: Path, text: str) -> GatewaySpec:
    file = tmp_path / "mine.toml"
    file.write_text(LIBRARY + text, encoding="utf-8")
    return load_matrix(file, host_python="3.11").gateways[0]


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(MatrixError) as raised:
        gateway(tmp_path, text)
    (line,) = str(raised.value).splitlines()
    return line.removeprefix(f"{tmp_path / 'mine.toml'}: ")


def test_two_keys_are_enough_for_the_usual_image(tmp_path: Path) -> None:
    found = gateway(tmp_path, GATEWAY)
    assert (found.name, found.kind, found.credential) == ("gateway-10.45.1j-paper", "docker", "TWS")
    assert (found.host, found.port, found.concurrency, found.client_ids) == ("127.0.0.1", 0, 1, (7300, 7399))
    container = found.container
    assert container is not None
    assert (container.image, container.profile.name) == ("ghcr.io/gnzsnz/ib-gateway:10.45.1j", "gnzsnz")
    assert container.environment["TRADING_MODE"] == "paper"
    assert container.environment["READ_ONLY_API"] == "no"
    assert container.environment["EXISTING_SESSION_DETECTED_ACTION"] == "secondary"
    assert (container.publish, container.pull, container.reuse) == ("127.0.0.1", "missing", False)
    assert (container.start_timeout, container.two_factor_timeout) == (300, 180)


@pytest.mark.parametrize(
    ("keys", "told"),
    [('mode = "paper"', "no"), ('mode = "live"', "yes"), ('mode = "paper"\nread_only = true', "yes")],
)
def test_a_live_container_is_read_only_unless_the_file_says_otherwise(tmp_path: Path, keys: str, told: str) -> None:
    container = gateway(tmp_path, f"{GATEWAY}{keys}\n").container
    assert container is not None
    assert container.environment["READ_ONLY_API"] == told


def test_what_the_file_says_stands_over_the_profile(tmp_path: Path) -> None:
    text = (
        f'{GATEWAY}mode = "live"\nread_only = false\npublish = "10.0.0.1"\n'
        'environment = { TWS_ACCEPT_INCOMING = "manual", TIME_ZONE = "Etc/UTC" }\n'
    )
    found = gateway(tmp_path, text)
    assert found.live
    assert found.container is not None
    told = found.container.environment
    assert (told["TRADING_MODE"], told["READ_ONLY_API"]) == ("live", "no")
    assert (told["TWS_ACCEPT_INCOMING"], told["TIME_ZONE"]) == ("manual", "Etc/UTC")
    assert found.container.profile.port(found.mode) == 4003
    assert found.host == "10.0.0.1"


@pytest.mark.parametrize(
    ("product", "keys", "image", "profile"),
    [
        ("tws", "", "ghcr.io/gnzsnz/tws-rdesktop:10.45.1j", "gnzsnz-tws"),
        ("tws", 'image_profile = "extrange"', "ghcr.io/extrange/ibkr:10.45.1j", "extrange"),
        ("gateway", 'image = "ghcr.io/extrange/ibkr:stable"', "ghcr.io/extrange/ibkr:stable", "extrange"),
        ("gateway", 'image = "mine:1"\nimage_profile = "gnzsnz"', "mine:1", "gnzsnz"),
    ],
)
def test_the_profile_is_the_image_s_and_the_image_the_profile_s(
    product: str, keys: str, image: str, profile: str, tmp_path: Path
) -> None:
    found = gateway(tmp_path, f"{GATEWAY}{keys}\n".replace('"gateway"', f'"{product}"')).container
    assert found is not None
    assert (found.image, found.profile.name) == (image, profile)


def test_an_image_of_one_s_own_is_described_in_the_file(tmp_path: Path) -> None:
    found = gateway(tmp_path, f'{GATEWAY}image = "registry.example/team/gateway:7"\n{IMAGE}').container
    assert found is not None
    assert found.profile.name == "ours"
    assert found.environment == {"MODE": "paper", "WHAT": "gateway", "READ": "no"}


def test_an_image_of_one_s_own_may_take_the_place_of_one_that_is_built_in(tmp_path: Path) -> None:
    own = IMAGE.replace('"ours"', '"gnzsnz"')
    found = gateway(tmp_path, f'{GATEWAY}image_profile = "gnzsnz"\n{own}').container
    assert found is not None
    assert found.image == "registry.example/team/gateway:10.45.1j"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f'{GATEWAY}image = "mine:1"',
            (
                "[[gateway]] 1: image: 'mine:1': there is no image profile for this repository; "
                'write image_profile = "gnzsnz" if it is like that image, or describe it in an [[image]] table'
            ),
        ),
        (
            f'{GATEWAY}image_profile = "gnzsns"',
            (
                "[[gateway]] 1: image_profile: 'gnzsns': expected one of gnzsnz, gnzsnz-tws, extrange, manhinhang; "
                "did you mean 'gnzsnz'?"
            ),
        ),
        (
            f'{GATEWAY}image_profile = "gnzsnz-tws"',
            "[[gateway]] 1: product: 'gateway': the image profile 'gnzsnz-tws' is of tws only",
        ),
        (
            f"{GATEWAY}credential = 'tws'",
            "[[gateway]] 1: credential: 'tws': expected capital letters, digits and _ only",
        ),
        (
            f"{GATEWAY}publish = 'localhost'",
            "[[gateway]] 1: publish: 'localhost': expected an address in numbers, such as 127.0.0.1",
        ),
        (f"{GATEWAY}pull = 'often'", "[[gateway]] 1: pull: 'often': expected one of missing, always, never"),
        (f"{GATEWAY}reuze = true", "unknown key 'reuze' in [[gateway]] 1; did you mean 'reuse'?"),
        (f"{GATEWAY}start_timeout = 0", "[[gateway]] 1: start_timeout: 0: expected greater than 0"),
        (
            f"{GATEWAY}\n{IMAGE}failures = [{{ text = 'x', code = 'y' }}]",
            "[[image]] 1: failures.code: 'y': expected one of engine-unreachable",
        ),
        (f"{GATEWAY}\n{IMAGE}ibc_line = '('", "[[image]] 1: ibc_line: '(': expected a regular expression: missing ), "),
        (
            f"{GATEWAY}\n{IMAGE}ibc_line = 'x'",
            "[[image]] 1: ibc_line: 'x': expected a regular expression with one group, which is what is looked for",
        ),
        (f"{GATEWAY}\n{IMAGE}colour = 1", "unknown key 'colour' in [[image]] 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    "name", ["TWS_PASSWORD", "VNC_SERVER_PASSWORD", "API_TOKEN", "MY_SECRET", "TWS_USERID_PAPER", "SSH_PASSPHRASE_FILE"]
)
def test_nothing_secret_stands_in_the_file(name: str, tmp_path: Path) -> None:
    said = complaint(tmp_path, f'{GATEWAY}environment = {{ {name} = "x" }}')
    assert f"expected nothing secret: {name} belongs into the environment of the command" in said


def test_what_the_login_sets_is_not_set_twice(tmp_path: Path) -> None:
    said = complaint(tmp_path, f'{GATEWAY}image_profile = "ours"\nenvironment = {{ WORD = "x" }}\n{IMAGE}')
    assert said == "[[gateway]] 1: environment: 'WORD': is set from the login; see credential"


def test_an_address_may_hold_a_login_too(tmp_path: Path) -> None:
    text = '[[gateway]]\nkind = "address"\nproduct = "tws"\nversion = "1"\nport = 7497\n'
    assert gateway(tmp_path, text).credential is None
    assert gateway(tmp_path, f'{text}credential = "TWS"\n').credential == "TWS"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('environment = { TRADING_MODE = "live" }', "environment: 'TRADING_MODE': is set by ib-compat"),
        ('environment = { READ_ONLY_API = "no" }', "environment: 'READ_ONLY_API': is set by ib-compat"),
        (
            'environment = { EXISTING_SESSION_DETECTED_ACTION = "primary" }',
            "environment: 'EXISTING_SESSION_DETECTED_ACTION': is set by ib-compat",
        ),
        ('environment = { AUTO_RESTART_TIME = "11:59 PM" }', "environment: 'AUTO_RESTART_TIME': is set by ib-compat"),
        ('image_profile = "manhinhang"', "image_profile: 'manhinhang' ends another session of the same user"),
        (
            'image_profile = "manhinhang"\nmay_end_sessions = true\nread_only = true',
            "read_only: the image profile 'manhinhang' does not know how to make the API read-only",
        ),
    ],
)
def test_what_could_hurt_an_account_a_session_or_a_login_is_refused(keys: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(MatrixError) as problem:
        gateway(tmp_path, f"{GATEWAY}{keys}\n")
    assert said in str(problem.value)


def test_a_container_that_would_keep_a_login_that_others_need_is_refused(tmp_path: Path) -> None:
    other = GATEWAY.replace("10.45.1j", "10.50.1d")
    with pytest.raises(MatrixError, match="reuse: true: other containers need the credential 'TWS'"):
        gateway(tmp_path, f"{GATEWAY}reuse = true\n{other}")
