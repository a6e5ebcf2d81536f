"""A path means one place, and is written in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.paths import LONGEST_PATH_BYTES, parse_path


@pytest.mark.parametrize(
    ("text", "path"),
    [("/a/b", "/a/b"), ("/a/b/", "/a/b"), ("//a//b", "/a/b"), ("/a/./b", "/a/b"), ("/a b/ü\n", "/a b/ü\n")],
)
def test_a_path_is_written_as_the_mount_table_has_it(text: str, path: str) -> None:
    """No slash too many, no dot."""
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text", ["", "a", "a/b", "/", "//", "/.", "/..", "/a/../b", "/a/..", "/a\0b", "/" + "a" * 4095]
)
def test_what_is_no_one_place_is_refused(text: str) -> None:
    """Relative, upwards, the root, or nothing that Linux takes."""
    with pytest.raises(InvalidRequestError):
        parse_path(text)


@given(st.text())
def test_a_path_stays_what_it_is(text: str) -> None:
    """Parsing what was parsed changes nothing, and nothing but paths comes out."""
    try:
        path = parse_path(text)
    except InvalidRequestError:
        return
    assert parse_path(path) == path
    assert path.startswith("/")
    assert not {"", ".", ".."} & set(path[1:].split("/"))
    assert len(path.encode(errors="surrogateescape")) <= LONGEST_PATH_BYTES
