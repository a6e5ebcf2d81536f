"""The search for planted secrets finds them, and whoever showed one fails."""

from pathlib import Path

import asyncssh
import pytest

from tests.conftest import pytest_runtest_makereport
from tests.planted import KEY_MARK, PASSWORD, SECRET, find_planted, list_secrets


def _reported(shown: str) -> pytest.TestReport:
    """Give the report of a passed test that logged this."""
    sections = [("Captured log call", shown)]
    report = pytest.TestReport("test", ("file", 1, "test"), {}, "passed", None, "call", sections)
    hook = pytest_runtest_makereport()
    next(hook)
    with pytest.raises(StopIteration):
        hook.send(report)
    return report


@pytest.mark.parametrize("secret", [SECRET, PASSWORD, KEY_MARK])
def test_a_test_that_shows_a_secret_fails(secret: str) -> None:
    """And its report says what it showed."""
    report = _reported(f"one\ntwo {secret} three\n")
    assert report.failed
    assert f"two {secret} three" in str(report.longrepr)


def test_a_test_that_shows_none_passes() -> None:
    """Whatever else it says."""
    assert _reported("the password is <hidden>").passed


def test_a_key_is_known_by_each_of_its_lines(tmp_path: Path) -> None:
    """For a log may show a part of it."""
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    key.write_private_key(tmp_path / "key")
    inside = (tmp_path / "key").read_text().splitlines()[3]
    assert find_planted([f"x {inside} y"], list_secrets(tmp_path / "key")) == [f"x {inside} y"]
    assert list_secrets(tmp_path / "none") == list_secrets(tmp_path / "none")[:3]
