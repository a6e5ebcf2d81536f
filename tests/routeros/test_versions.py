"""Only versions that have all that is needed are worked with."""

import pytest

from rds_csi_async.domain.errors import CutOffError, NotReadyError
from rds_csi_async.routeros.versions import ensure_supported, parse_version, render_version
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


@pytest.mark.parametrize("cut", range(len("=version 7.24.4 (stable) TOKEN")))
def test_no_prefix_is_a_version(cut: int) -> None:
    """7.24 cut to 7.2 would be another one."""
    with pytest.raises(CutOffError):
        parse_version("=version 7.24.4 (stable) TOKEN"[:cut], "TOKEN")


def test_the_question_needs_no_menu_that_old_versions_lack() -> None:
    """Nor any command newer than `:put`."""
    assert render_version("TOKEN") == ':put ("=version " . [/system/resource/get version] . " TOKEN")'
