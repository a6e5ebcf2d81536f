"""Only versions that have all that is needed are worked with."""

import pytest

from rds_csi_async.domain.errors import CutOffError, NotReadyError
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.syntax import Reply, parse_frame
from rds_csi_async.routeros.versions import (
    ensure_equipped,
    ensure_supported,
    parse_version,
    render_packages,
    render_version,
)
from tests.transcripts import read_transcript


@pytest.mark.parametrize("version", ["7.21 (stable)", "7.21.5 (long-term)", "7.24rc4 (testing)", "8.0 (stable)"])
def test_newer_versions_are_taken(version: str) -> None:
    """Pre-releases too."""
    ensure_supported(version)


@pytest.mark.parametrize("version", ["7.20.8 (long-term)", "6.49.18", "7.9", "", "unknown"])
def test_older_versions_are_named_and_refused(version: str) -> None:
    """With what to do."""
    with pytest.raises(NotReadyError, match=r"too old.*upgrade to 7\.21"):
        ensure_supported(version)


def test_transcripts_are_read() -> None:
    """One of a good version, one of an old one."""
    assert parse_version(read_transcript("version").reply, "TOKEN") == "7.24.4 (stable)"
    with pytest.raises(NotReadyError, match=r"RouterOS 7\.20\.8"):
        ensure_supported(parse_version(read_transcript("version_too_old").reply, "TOKEN"))


@pytest.mark.parametrize("more", [{}, {"disabled": False}, {"disabled": "no", "available": "false"}])
def test_the_package_that_serves_disks_is_there(more: dict[str, object]) -> None:
    """Whichever of its flags a version shows; other packages are nobody's business."""
    row = {"name": "rose-storage", "version": "7.24.4"}
    ensure_equipped(Reply(({"package": {"name": "container", "disabled": True}}, {"package": row | more})))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("package_missing", r"lacks the package rose-storage.*: install it, and reboot"),
        ("package_disabled", r"lacks the package rose-storage.*: enable it, and reboot"),
        ("package_available", r"lacks the package rose-storage.*: install it, and reboot"),
    ],
)
def test_a_box_without_the_package_is_told_what_to_do(name: str, said: str) -> None:
    """Not there, switched off, or only offered for installation."""
    reply = parse_frame(read_transcript(name).reply, "TOKEN")
    assert isinstance(reply, Reply)
    with pytest.raises(NotReadyError, match=said):
        ensure_equipped(reply)


def test_a_box_whose_pools_show_exports_is_equipped() -> None:
    """Whatever its version calls the package, or if it is part of the system there."""
    reply = parse_frame(read_transcript("absent").reply, "TOKEN")
    assert isinstance(reply, Reply)
    ensure_equipped(reply)


def test_a_flag_that_is_none_proves_nothing() -> None:
    """It is an error of its own."""
    with pytest.raises(ApplianceError):
        ensure_equipped(Reply(({"package": {"name": "rose-storage", "disabled": "perhaps"}},)))


def test_packages_are_asked_for_by_name() -> None:
    """One row, whatever else is installed."""
    (statement,) = render_packages()
    assert '[/system/package/print as-value where name="rose-storage"]' in statement


@pytest.mark.parametrize("cut", range(len("=version 7.24.4 (stable) TOKEN")))
def test_no_prefix_is_a_version(cut: int) -> None:
    """7.24 cut to 7.2 would be another one."""
    with pytest.raises(CutOffError):
        parse_version("=version 7.24.4 (stable) TOKEN"[:cut], "TOKEN")


def test_the_question_needs_no_menu_that_old_versions_lack() -> None:
    """Nor any command newer than `:put`."""
    assert render_version("TOKEN") == ':put ("=version " . [/system/resource/get version] . " TOKEN")'
