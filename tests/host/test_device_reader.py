"""The reader looks wherever a superblock, a copy or a label can be, and at the device itself."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rds_csi_async.domain.sizes import GIB, MIB
from rds_csi_async.host import device_reader
from rds_csi_async.host.device_reader import BLOCK, main, places, read_blocks
from tests.host.images import make_image

TIB = 1024 * GIB


def _covers(size: int, offset: int, *, thorough: bool = False) -> bool:
    return any(start <= offset < start + length for start, length in places(size, thorough=thorough))


@settings(deadline=None)  # thousands of places are listed for the largest
@given(st.integers(1, 2**48), st.booleans())
def test_every_place_is_on_the_device(size: int, thorough: bool) -> None:  # noqa: FBT001  # given by hypothesis
    """It begins on a block, and ends on one or at the very end; there are not too many."""
    found = places(size, thorough=thorough)
    assert all(0 <= start < start + length <= size and start % BLOCK == 0 for start, length in found)
    assert all((start + length) % BLOCK == 0 or start + length == size for start, length in found)
    assert sum(length for _, length in found) < 100 * MIB + (size // TIB) * MIB


@given(st.integers(1, 2**45))
def test_both_ends_are_read(size: int) -> None:
    """A MiB of each, or all of a small device."""
    assert all(_covers(size, offset) for offset in (0, min(MIB, size) - 1, max(size - MIB, 0), size - 1))


@pytest.mark.parametrize("size", [100 * GIB, 3 * TIB])
@pytest.mark.parametrize("block_size", [1024, 2048, 4096])
def test_copies_of_ext4_are_read(size: int, block_size: int) -> None:
    """As sparse_super places them."""
    for group in (1, 3, 5, 7, 9, 25, 27, 49, 81, 125):
        offset = group * 8 * block_size * block_size + (1024 if block_size == 1024 else 0)
        assert offset >= size or _covers(size, offset)


@pytest.mark.parametrize(("size", "groups"), [(GIB, 4), (100 * GIB, 4), (3 * TIB, 16), (3 * TIB, 32)])
def test_heads_of_xfs_groups_are_read(size: int, groups: int) -> None:
    """At the usual parts of the device, whichever way the division is rounded."""
    for group in range(1, groups):
        start = group * (size // groups // BLOCK * BLOCK)
        assert _covers(size, start)
        assert _covers(size, start + BLOCK)


def test_the_copies_of_others_are_read() -> None:
    """Btrfs's, the second header of LUKS2, and the groups of a large xfs."""
    for offset in (64 * 1024, 64 * MIB, 256 * GIB, 16384, 512 * 1024, MIB, 4 * MIB, TIB, 9 * TIB):
        assert _covers(10 * TIB, offset)


@pytest.mark.parametrize("size", [100 * MIB, 100 * GIB, 50 * TIB])
def test_a_thorough_reader_leaves_no_large_gap(size: int) -> None:
    """16 MiB, or a small part of the whole."""
    found = places(size, thorough=True)
    starts = [start for start, _ in found]
    assert max(after - before for before, after in pairwise(starts)) <= max(16 * MIB, size // 16000)


def test_what_is_there_is_given_block_by_block(tmp_path: Path) -> None:
    """With its offset; and blank is only what has none."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(300 * MIB)
        assert read_blocks(str(image), thorough=True) == (300 * MIB, {}, True)
        file.seek(128 * MIB + 7)
        file.write(b"x")
    block = bytes(7) + b"x" + bytes(BLOCK - 8)
    assert read_blocks(str(image), thorough=False) == (300 * MIB, {128 * MIB: block}, True)


def test_an_odd_end_is_read(tmp_path: Path) -> None:
    """To the last byte, though it is in no whole block."""
    image = tmp_path / "image"
    image.write_bytes(bytes(8 * MIB) + bytes(511) + b"x")
    assert read_blocks(str(image), thorough=False)[1]


def test_too_much_is_cut_and_said(tmp_path: Path) -> None:
    """What is given stays small; that there is more is told."""
    image = tmp_path / "image"
    image.write_bytes(b"x" * MIB)
    assert read_blocks(str(image), thorough=True)[2] is True
    image.write_bytes(b"x" * (64 * MIB))
    _, blocks, whole = read_blocks(str(image), thorough=True)
    assert (len(blocks), whole) == (device_reader.MOST_BLOCKS, False)


@pytest.mark.parametrize("file_system", ["ext4", "xfs", "btrfs"])
def test_a_file_system_without_its_head_is_not_blank(tmp_path: Path, file_system: str) -> None:
    """Whoever zeroed the first MiB did not take the copies with it."""
    image = make_image(tmp_path / "image", file_system, 400 * MIB)
    with image.open("r+b") as file:
        file.write(bytes(MIB))
    assert read_blocks(str(image), thorough=False)[1]


def test_it_is_a_program_of_the_standard_library_alone(tmp_path: Path) -> None:
    """Run isolated, without site-packages; little comes out."""
    image = tmp_path / "image"
    image.write_bytes(bytes(MIB))
    argv = [sys.executable, "-I", "-S", device_reader.__file__, str(image), "quick"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603  # our own
    assert done.stdout == f"size {MIB}\nwhole\n"


def test_what_cannot_be_read_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Absent, or no device: nothing is said to be blank."""
    assert main([str(tmp_path / "none"), "quick"]) == 1
    assert main([str(tmp_path), "quick"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "No such file or directory" in said.err
    assert "neither a block device nor a file" in said.err
