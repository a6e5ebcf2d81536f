"""What a killed mkfs.ext4 left is known by its forms; nothing else is taken for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.ext4_leftovers import is_unfinished_ext4
from rds_csi_async.host.readings import BLOCK, Reading
from tests.host.images import make_image, take_back_end
from tests.host.reading_images import only, read_image, with_block

GROUP = 128 * MIB


@pytest.fixture(params=[16, 100, 300, 2048])
def ext4(request: pytest.FixtureRequest, tmp_path: Path) -> Reading:
    """Give what an mkfs.ext4 leaves that was killed before its last write, on devices of very different sizes."""
    image = make_image(tmp_path / "image", "ext4", request.param * MIB)
    take_back_end(image, "ext4")
    return read_image(image)


def test_ext4_before_the_last_write(ext4: Reading) -> None:
    """All is there but the primary superblock."""
    assert is_unfinished_ext4(ext4)


def test_ext4_before_the_copies(ext4: Reading) -> None:
    """They and the descriptors come just before the end."""
    early = only(ext4, lambda offset: offset % GROUP > BLOCK)
    assert is_unfinished_ext4(early)


def test_ext4_at_its_first_blocks(ext4: Reading) -> None:
    """The first inodes, or the first folders, may be alone."""
    alone = [only(ext4, offset.__eq__) for offset in ext4.blocks]
    assert sum(is_unfinished_ext4(reading) for reading in alone) >= 2


@pytest.mark.parametrize("options", [("-O", "orphan_file"), ("-O", "^metadata_csum"), ("-i", "65536")])
def test_ext4_of_other_defaults(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Newer e2fsprogs and other mke2fs.conf choose other features."""
    image = make_image(tmp_path / "image", "ext4", 300 * MIB, *options)
    take_back_end(image, "ext4")
    assert is_unfinished_ext4(read_image(image))


def test_a_used_ext4_that_lost_its_superblock_is_not_unfinished(tmp_path: Path) -> None:
    """There are files of somebody in it."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "precious").write_text("data")
    image = make_image(tmp_path / "image", "ext4", 64 * MIB, "-d", str(tmp_path / "files"))
    take_back_end(image, "ext4")
    assert not is_unfinished_ext4(read_image(image))


@pytest.mark.parametrize("offset", [0, 40 * BLOCK, 64 * MIB, 16 * MIB - BLOCK])
def test_a_block_of_no_known_form_spoils_it(ext4: Reading, offset: int) -> None:
    """One is enough."""
    text = b"the quick brown fox jumps over the lazy dog."
    assert not is_unfinished_ext4(with_block(ext4, offset, text))


def test_anything_in_the_first_block_spoils_it(ext4: Reading) -> None:
    """Even what would pass elsewhere: it is mkfs's last."""
    assert not is_unfinished_ext4(with_block(ext4, 0, b"\xff" * BLOCK))


@pytest.mark.parametrize("block", [b"\xff" * BLOCK, b"\x01".ljust(BLOCK, b"\0"), b"\xed\x41".ljust(BLOCK, b"\0")])
def test_plain_forms_alone_tell_nothing(block: bytes) -> None:
    """Many things look like a bitmap or a row of numbers."""
    reading = Reading(GROUP, blocks={64 * BLOCK: block}, whole=True)
    assert not is_unfinished_ext4(reading)


def test_the_copies_of_a_larger_one_are_not_ours(tmp_path: Path) -> None:
    """They belong to what was there before, or to another device."""
    copies = only(read_image(make_image(tmp_path / "image", "ext4", 300 * MIB)), GROUP.__eq__)
    assert is_unfinished_ext4(copies)
    assert not is_unfinished_ext4(replace(copies, size_bytes=copies.size_bytes - BLOCK))
