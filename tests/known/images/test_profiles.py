"""What is known of images: references, repositories, and that the data holds together."""

from __future__ import annotations

import pytest

from harness.known.images import ImageProfile, load, of_image, repository


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("a/b:1.2", "a/b"),
        ("a/b", "a/b"),
        ("localhost:5000/a/b", "localhost:5000/a/b"),
        ("localhost:5000/a/b:1", "localhost:5000/a/b"),
        ("a/b@sha256:0", "a/b"),
        ("a/b:1@sha256:0", "a/b"),
    ],
)
def test_a_repository_is_an_image_without_tag_and_digest(reference: str, name: str) -> None:
    assert repository(reference) == name


@pytest.mark.parametrize(
    ("reference", "profile"),
    [
        ("ghcr.io/gnzsnz/ib-gateway:stable", "gnzsnz"),
        ("gnzsnz/ib-gateway", "gnzsnz"),
        ("mirror.example:5000/gnzsnz/ib-gateway:10.45.1j", "gnzsnz"),
        ("ghcr.io/gnzsnz/tws-rdesktop:latest", "gnzsnz-tws"),
        ("ghcr.io/extrange/ibkr:10.45", "extrange"),
        ("manhinhang/ib-gateway-docker", "manhinhang"),
        ("somebody/ib-gateway:1", None),
    ],
)
def test_an_image_is_known_by_its_repository_whatever_the_registry(reference: str, profile: str | None) -> None:
    found = of_image(reference, load().values())
    assert (found.name if found else None) == profile


@pytest.mark.parametrize("profile", load().values(), ids=lambda profile: str(profile.name))
class TestEachProfile:
    def test_gives_user_id_and_password(self, profile: ImageProfile) -> None:
        assert {form.removesuffix("-file") for form in profile.secrets.values()} == {"userid", "password"}

    def test_neither_throws_a_session_out_nor_takes_orders_where_the_image_can_be_told(
        self, profile: ImageProfile
    ) -> None:
        told = profile.environment
        session = [value for name, value in told.items() if "SESSION" in name.upper()]
        read_only = [value for name, value in told.items() if "READ" in name.upper()]
        assert (session, read_only) == (["secondary"], ["{read_only}"]) or profile.name == "manhinhang"

    def test_has_no_marker_that_an_earlier_one_hides(self, profile: ImageProfile) -> None:
        texts = [marker.text for marker in profile.failures]
        for number, text in enumerate(texts):
            assert not any(earlier in text for earlier in texts[:number])

    def test_takes_no_progress_for_a_failure(self, profile: ImageProfile) -> None:
        progress = (*profile.logged_in, *profile.waiting, "IBC: Found Gateway main window", "Login attempt: 1")
        assert not [line for line in progress for marker in profile.failures if marker.means(line)]
