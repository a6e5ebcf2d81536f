"""What a killed mkfs.btrfs left is known by its forms; nothing else is taken for it."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.btrfs_leftovers import is_unfinished_btrfs
from rds_csi_async.host.device_reader import NODE
from rds_csi_async.host.readings import BLOCK, Reading
from tests.host.images import make_image, take_back_end
from tests.host.reading_images import only, read_image, with_block
from tests.required_tools import find_tool

SUPERBLOCKS = (64 << 10, 64 * MIB)
FIRST_NODES = range(MIB, 2 * MIB)


@pytest.fixture(params=[128, 300, 2048, 65536])
def btrfs(request: pytest.FixtureRequest, tmp_path: Path) -> Reading:
    """Give what an mkfs.btrfs leaves that was killed before its last write, on devices of very different sizes."""
    image = make_image(tmp_path / "image", "btrfs", request.param * MIB)
    take_back_end(image, "btrfs")
    return read_image(image)


def test_before_the_last_write(btrfs: Reading) -> None:
    """All is there but the magic."""
    assert is_unfinished_btrfs(btrfs)


def test_a_quick_look_is_enough(tmp_path: Path) -> None:
    """What tells is where everyone looks."""
    image = make_image(tmp_path / "image", "btrfs", 300 * MIB)
    take_back_end(image, "btrfs")
    assert is_unfinished_btrfs(read_image(image, thorough=False))


def test_before_the_superblocks(btrfs: Reading) -> None:
    """The first seven nodes, or any of them, are alone; then the copies are not there yet."""
    nodes = only(btrfs, FIRST_NODES.__contains__)
    assert is_unfinished_btrfs(nodes)
    assert is_unfinished_btrfs(only(nodes, lambda offset: offset < MIB + NODE))
    assert is_unfinished_btrfs(only(btrfs, lambda offset: offset in FIRST_NODES or offset == SUPERBLOCKS[0]))


def test_what_an_earlier_try_left_further_out(btrfs: Reading) -> None:
    """It has another id, and is of the same forms."""
    node = bytearray(btrfs.blocks[MIB])
    node[32:48] = b"another id......"
    assert is_unfinished_btrfs(with_block(btrfs, 32 * MIB, bytes(node)))
    assert not is_unfinished_btrfs(with_block(btrfs, MIB + MIB // 2, bytes(node)))


@pytest.mark.parametrize("offset", SUPERBLOCKS)
def test_a_finished_superblock_is_not_ours(btrfs: Reading, offset: int) -> None:
    """Nor is a copy of one: it is of what was there before."""
    block = btrfs.blocks[offset].replace(b"!BHRfS_M", b"_BHRfS_M")
    assert not is_unfinished_btrfs(with_block(btrfs, offset, block))


def test_a_superblock_says_where_it_is_and_how_large_all_is(btrfs: Reading) -> None:
    """One that is copied from elsewhere, or of a larger device, is not ours."""
    assert not is_unfinished_btrfs(with_block(btrfs, SUPERBLOCKS[1], btrfs.blocks[SUPERBLOCKS[0]]))
    assert not is_unfinished_btrfs(replace(btrfs, size_bytes=btrfs.size_bytes - BLOCK))


def test_superblocks_without_nodes_tell_nothing(btrfs: Reading) -> None:
    """The nodes come first."""
    assert not is_unfinished_btrfs(only(btrfs, SUPERBLOCKS.__contains__))


@pytest.mark.parametrize("offset", [0, BLOCK, MIB, MIB + BLOCK, 32 * MIB, 64 * MIB + BLOCK])
def test_a_block_of_no_known_form_spoils_it(btrfs: Reading, offset: int) -> None:
    """One is enough; behind the head of a node, where anything may stand, it cannot be seen."""
    text = b"the quick brown fox jumps over the lazy dog."
    assert is_unfinished_btrfs(with_block(btrfs, offset, text)) is (offset == MIB + BLOCK)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (48, (1).to_bytes(8, "little")),  # it lies on no block
        (56, b"\xff" * 8),
        (80, (17).to_bytes(8, "little")),  # a file system that was in use
        (88, (256).to_bytes(8, "little")),  # a subvolume of somebody's
        (96, (1000).to_bytes(4, "little")),
        (100, b"\1"),  # no leaf
    ],
)
def test_a_node_of_a_used_file_system_spoils_it(btrfs: Reading, at: int, value: bytes) -> None:
    """Each field of its head is looked at."""
    node = bytearray(btrfs.blocks[MIB])
    node[at : at + len(value)] = value
    assert not is_unfinished_btrfs(with_block(btrfs, MIB, bytes(node)))


def test_a_filled_one_that_lost_its_magic_is_not_unfinished(tmp_path: Path) -> None:
    """There are files of somebody in it."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "precious").write_bytes(b"data" * 16 * MIB)
    image = make_image(tmp_path / "image", "btrfs", 300 * MIB, "--rootdir", str(tmp_path / "files"))
    take_back_end(image, "btrfs")
    assert not is_unfinished_btrfs(read_image(image))


def test_libblkid_does_not_see_it(tmp_path: Path) -> None:
    """So nothing mounts it, and mkfs.btrfs needs no force to begin anew."""
    image = make_image(tmp_path / "image", "btrfs", 128 * MIB)
    take_back_end(image, "btrfs")
    done = subprocess.run([find_tool("blkid"), "-p", str(image)], check=False, capture_output=True, timeout=60)  # noqa: S603  # our own
    assert (done.returncode, done.stdout) == (2, b"")
