"""What a killed mkfs left is known by its forms; nothing else is taken for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.leftovers import find_unfinished, may_be_unfinished
from rds_csi_async.host.readings import BLOCK, Reading
from tests.host.images import make_image, take_back_end
from tests.host.reading_images import only, read_image, with_block

SIZE = 400 * MIB
FILE_SYSTEMS = ["ext4", "xfs", "btrfs"]


@pytest.fixture(params=[320, 2048])
def xfs(request: pytest.FixtureRequest, tmp_path: Path) -> Reading:
    """Give what an mkfs.xfs leaves that was killed before its last write."""
    image = make_image(tmp_path / "image", "xfs", request.param * MIB)
    take_back_end(image, "xfs")
    return read_image(image)


@pytest.fixture(params=FILE_SYSTEMS)
def unfinished(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Reading]:
    """Give what a killed mkfs leaves, and of which."""
    image = make_image(tmp_path / "image", request.param, SIZE)
    take_back_end(image, request.param)
    return request.param, read_image(image)


def test_each_is_named(unfinished: tuple[str, Reading]) -> None:
    """Without a signature of libblkid's."""
    file_system, reading = unfinished
    assert find_unfinished((), reading) == file_system


@pytest.mark.parametrize("signatures", [("ext4",), ("btrfs",), ("gpt",), ("crypto_LUKS",), ("ambivalent",)])
def test_no_signature_is_there_while_unfinished(unfinished: tuple[str, Reading], signatures: tuple[str, ...]) -> None:
    """Where there is one, but xfs's own, something else is there."""
    assert find_unfinished(signatures, unfinished[1]) == ""


def test_only_of_xfs_there_is_a_name_before_the_end() -> None:
    """So any other name settles it."""
    assert may_be_unfinished(())
    assert may_be_unfinished(("xfs",))
    assert not any(may_be_unfinished(names) for names in [("ext4",), ("btrfs",), ("xfs", "dos"), ("ambivalent",)])


def test_a_reading_that_is_not_whole_is_no_proof(unfinished: tuple[str, Reading]) -> None:
    """What was not given may be anything; and a blank one has nothing left over."""
    assert find_unfinished((), replace(unfinished[1], whole=False)) == ""
    assert find_unfinished((), Reading(SIZE, blocks={}, whole=True)) == ""


def test_one_foreign_block_spoils_each(unfinished: tuple[str, Reading]) -> None:
    """Wherever it is."""
    for offset in (0, BLOCK, 64 * MIB + 4 * BLOCK, SIZE - BLOCK):
        assert find_unfinished((), with_block(unfinished[1], offset, b"the quick brown fox jumps over")) == ""


@pytest.mark.parametrize("file_system", FILE_SYSTEMS)
def test_a_finished_one_is_not_unfinished(tmp_path: Path, file_system: str) -> None:
    """Whatever libblkid says of it."""
    reading = read_image(make_image(tmp_path / "image", file_system, SIZE))
    assert find_unfinished((file_system,), reading) == ""
    assert find_unfinished((), reading) == ""


@pytest.mark.parametrize("signatures", [(), ("xfs",)])
def test_xfs_before_the_last_write(xfs: Reading, signatures: tuple[str, ...]) -> None:
    """It says so itself, whether libblkid names it or not."""
    assert find_unfinished(signatures, xfs) == "xfs"


def test_xfs_from_its_first_block_on(xfs: Reading) -> None:
    """The superblock comes first, the groups follow."""
    for last in xfs.blocks:
        assert find_unfinished(("xfs",), only(xfs, last.__ge__)) == "xfs"


@pytest.mark.parametrize("signatures", [("ext4",), ("xfs", "dos"), ("ambivalent",)])
def test_xfs_beside_something_else_is_not_ours(xfs: Reading, signatures: tuple[str, ...]) -> None:
    """A killed mkfs.xfs leaves nothing but xfs."""
    assert find_unfinished(signatures, xfs) == ""


def test_foreign_data_beside_xfs_spoil_it(xfs: Reading) -> None:
    """One block is enough; so is a size that the device has not."""
    assert find_unfinished(("xfs",), with_block(xfs, 64 * MIB, b"text")) == ""
    assert find_unfinished(("xfs",), replace(xfs, size_bytes=xfs.size_bytes - BLOCK)) == ""
