"""What a killed mkfs left is known by its forms; nothing else is taken for it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.device_reader import read_blocks
from rds_csi_async.host.leftovers import BLOCK, Reading, find_unfinished, parse_reading
from tests.host.images import make_image, take_back_end

GROUP = 128 * MIB


def _read(image: Path) -> Reading:
    return parse_reading(json.dumps(read_blocks(str(image), thorough=True)))


def _only(reading: Reading, keep: Callable[[int], bool]) -> Reading:
    return replace(reading, blocks={offset: block for offset, block in reading.blocks.items() if keep(offset)})


def _with(reading: Reading, offset: int, block: bytes) -> Reading:
    return replace(reading, blocks={**reading.blocks, offset: block.ljust(BLOCK, b"\0")})


@pytest.fixture(params=[16, 100, 300, 2048])
def ext4(request: pytest.FixtureRequest, tmp_path: Path) -> Reading:
    """Give what an mkfs.ext4 leaves that was killed before its last write, on devices of very different sizes."""
    image = make_image(tmp_path / "image", "ext4", request.param * MIB)
    take_back_end(image, "ext4")
    return _read(image)


@pytest.fixture(params=[320, 2048])
def xfs(request: pytest.FixtureRequest, tmp_path: Path) -> Reading:
    """Give what an mkfs.xfs leaves that was killed before its last write."""
    image = make_image(tmp_path / "image", "xfs", request.param * MIB)
    take_back_end(image, "xfs")
    return _read(image)


def test_ext4_before_the_last_write(ext4: Reading) -> None:
    """All is there but the primary superblock."""
    assert find_unfinished((), ext4) == "ext4"


def test_ext4_before_the_copies(ext4: Reading) -> None:
    """They and the descriptors come just before the end."""
    early = _only(ext4, lambda offset: offset % GROUP > BLOCK)
    assert find_unfinished((), early) == "ext4"


def test_ext4_at_its_first_blocks(ext4: Reading) -> None:
    """The first inodes, or the first folders, may be alone."""
    alone = [_only(ext4, offset.__eq__) for offset in ext4.blocks]
    assert sum(find_unfinished((), reading) == "ext4" for reading in alone) >= 2


@pytest.mark.parametrize("options", [("-O", "orphan_file"), ("-O", "^metadata_csum"), ("-i", "65536")])
def test_ext4_of_other_defaults(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Newer e2fsprogs and other mke2fs.conf choose other features."""
    image = make_image(tmp_path / "image", "ext4", 300 * MIB, *options)
    take_back_end(image, "ext4")
    assert find_unfinished((), _read(image)) == "ext4"


@pytest.mark.parametrize("file_system", ["ext4", "xfs"])
def test_a_finished_one_is_not_unfinished(tmp_path: Path, file_system: str) -> None:
    """Whatever libblkid says of it."""
    reading = _read(make_image(tmp_path / "image", file_system, 320 * MIB))
    assert find_unfinished((file_system,), reading) == ""
    assert find_unfinished((), reading) == ""


def test_a_used_ext4_that_lost_its_superblock_is_not_unfinished(tmp_path: Path) -> None:
    """There are files of somebody in it."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "precious").write_text("data")
    image = make_image(tmp_path / "image", "ext4", 64 * MIB, "-d", str(tmp_path / "files"))
    take_back_end(image, "ext4")
    assert find_unfinished((), _read(image)) == ""


@pytest.mark.parametrize("signatures", [("ext4",), ("xfs",), ("gpt",), ("crypto_LUKS",), ("ambivalent",)])
def test_ext4_shows_no_signature_while_unfinished(ext4: Reading, signatures: tuple[str, ...]) -> None:
    """Where there is one, something else is there."""
    assert find_unfinished(signatures, ext4) == ""


@pytest.mark.parametrize("offset", [0, 40 * BLOCK, 64 * MIB, 16 * MIB - BLOCK])
def test_a_block_of_no_known_form_spoils_it(ext4: Reading, offset: int) -> None:
    """One is enough."""
    text = b"the quick brown fox jumps over the lazy dog."
    assert find_unfinished((), _with(ext4, offset, text)) == ""


def test_anything_in_the_first_block_spoils_it(ext4: Reading) -> None:
    """Even what would pass elsewhere: it is mkfs's last."""
    assert find_unfinished((), _with(ext4, 0, b"\xff" * BLOCK)) == ""


def test_a_reading_that_is_not_whole_is_no_proof(ext4: Reading) -> None:
    """What was not given may be anything; and a blank one has nothing left over."""
    assert find_unfinished((), replace(ext4, whole=False)) == ""
    assert find_unfinished((), Reading(GROUP, blank=True, blocks={}, whole=True)) == ""


@pytest.mark.parametrize("block", [b"\xff" * BLOCK, b"\x01".ljust(BLOCK, b"\0"), b"\xed\x41".ljust(BLOCK, b"\0")])
def test_plain_forms_alone_tell_nothing(block: bytes) -> None:
    """Many things look like a bitmap or a row of numbers."""
    reading = Reading(GROUP, blank=False, blocks={64 * BLOCK: block}, whole=True)
    assert find_unfinished((), reading) == ""


def test_the_copies_of_a_larger_one_are_not_ours(tmp_path: Path) -> None:
    """They belong to what was there before, or to another device."""
    copies = _only(_read(make_image(tmp_path / "image", "ext4", 300 * MIB)), GROUP.__eq__)
    assert find_unfinished((), copies) == "ext4"
    assert find_unfinished((), replace(copies, size_bytes=copies.size_bytes - BLOCK)) == ""


@pytest.mark.parametrize("signatures", [(), ("xfs",)])
def test_xfs_before_the_last_write(xfs: Reading, signatures: tuple[str, ...]) -> None:
    """It says so itself, whether libblkid names it or not."""
    assert find_unfinished(signatures, xfs) == "xfs"


def test_xfs_from_its_first_block_on(xfs: Reading) -> None:
    """The superblock comes first, the groups follow."""
    for last in xfs.blocks:
        assert find_unfinished(("xfs",), _only(xfs, last.__ge__)) == "xfs"


@pytest.mark.parametrize("signatures", [("ext4",), ("xfs", "dos"), ("ambivalent",)])
def test_xfs_beside_something_else_is_not_ours(xfs: Reading, signatures: tuple[str, ...]) -> None:
    """A killed mkfs.xfs leaves nothing but xfs."""
    assert find_unfinished(signatures, xfs) == ""


def test_foreign_data_beside_xfs_spoil_it(xfs: Reading) -> None:
    """One block is enough; so is a size that the device has not."""
    assert find_unfinished(("xfs",), _with(xfs, 64 * MIB, b"text")) == ""
    assert find_unfinished(("xfs",), replace(xfs, size_bytes=xfs.size_bytes - BLOCK)) == ""


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"size": 1, "blank": true, "blocks": {"x": ""}, "whole": true}']
)
def test_a_reader_that_says_something_else_is_not_believed(text: str) -> None:
    """It may have been cut off."""
    with pytest.raises(HostError):
        parse_reading(text)
