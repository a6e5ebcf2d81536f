"""Times lie in their spans and come from a seed."""

import random

import pytest

from rds_csi_async.simulator.timing import PROFILES, Span, get_profile


def test_a_time_lies_in_its_span() -> None:
    """In seconds, and mostly where it usually is."""
    times = sorted(Span(10, 20, 100).draw_s(random.Random(number)) for number in range(500))  # noqa: S311 - examples
    assert times[0] >= 0.01
    assert times[-1] <= 0.1
    assert times[250] < 0.055


def test_instant_takes_no_time() -> None:
    """And says so; the other profile does not."""
    assert get_profile("instant").is_instant
    assert not get_profile("rds2216").is_instant


def test_a_whole_volume_takes_what_users_saw() -> None:
    """Made by look, add, look in about 428 ms, removed by look, remove, remove of the file in about 560 ms."""
    profile = PROFILES["rds2216"]
    line, look = profile.line.usual_ms, profile.span_of("/disk/print").usual_ms
    made = 3 * line + 2 * look + profile.span_of("/disk/add").usual_ms + profile.gib_ms
    removed = 3 * line + look + sum(profile.span_of(f"/{menu}/remove").usual_ms for menu in ("disk", "file"))
    assert made == pytest.approx(428, rel=0.1)
    assert removed == pytest.approx(560, rel=0.1)


def test_verbs_without_a_time_of_their_own_have_one() -> None:
    """The other verbs' time."""
    profile = get_profile("rds2216")
    assert profile.span_of("/system/identity/get") == profile.other


def test_an_unknown_profile_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="none of: instant, rds2216"):
        get_profile("slow")
