"""The kernel's table is read to the letter, or not believed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import Mount
from rds_csi_async.host.mountinfo import parse_mountinfo

_ESCAPED = re.compile(rb"[ \t\n\\]")


def _line(
    path: bytes = b"/m", fields: bytes = b"", options: bytes = b"rw", file_system_options: bytes = b"rw"
) -> bytes:
    return b"42 27 259:1 / " + path + b" " + options + fields + b" - ext4 /dev/nvme0n1 " + file_system_options + b"\n"


@pytest.mark.parametrize("fields", [b"", b" shared:1", b" shared:1 master:2 propagate_from:3"])
def test_any_number_of_optional_fields(fields: bytes) -> None:
    """They are skipped, up to the dash."""
    assert parse_mountinfo(_line(fields=fields)) == (
        Mount("/m", "259:1", "/", "ext4", "/dev/nvme0n1", read_only=False),
    )


@pytest.mark.parametrize(("options", "of_all"), [(b"ro,relatime", b"rw"), (b"rw", b"ro,noload")])
def test_either_kind_of_read_only_counts(options: bytes, of_all: bytes) -> None:
    """The mount's own, and the file system's."""
    assert parse_mountinfo(_line(options=options, file_system_options=of_all))[0].read_only


def test_an_option_that_only_begins_so_does_not() -> None:
    """Whole words are compared."""
    assert not parse_mountinfo(_line(options=b"rw,rootcontext=x,errors=remount-ro"))[0].read_only


def test_the_order_is_kept() -> None:
    """The last at a path is the one that is seen."""
    table = parse_mountinfo(_line(b"/a") + _line(b"/b") + _line(b"/a", options=b"ro"))
    assert [(mount.path, mount.read_only) for mount in table] == [("/a", False), ("/b", False), ("/a", True)]


def test_an_empty_source_is_a_source() -> None:
    """Some file systems name none: two blanks follow each other then."""
    assert parse_mountinfo(b"42 27 0:5 / /m rw - tmpfs  rw\n")[0].source == ""


@given(st.binary(min_size=1).map(lambda name: b"/" + name.replace(b"\0", b"")))
def test_every_name_comes_through(name: bytes) -> None:
    """As the kernel escapes it, whatever its bytes."""
    escaped = _ESCAPED.sub(lambda match: b"\\%03o" % match[0][0], name)
    assert parse_mountinfo(_line(escaped))[0].path.encode(errors="surrogateescape") == name


@pytest.mark.parametrize("line", [b"nonsense\n", b"42 27 259:1 / /m rw ext4 /dev/x rw\n", b"1 2 - 3 4 5\n", b"\x00\n"])
def test_nonsense_is_not_an_empty_table(line: bytes) -> None:
    """One bad line, and nothing is known."""
    with pytest.raises(HostError):
        parse_mountinfo(_line() + line)
