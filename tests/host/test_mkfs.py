"""What is made is what was said, and of the form that is known again."""

import subprocess
from pathlib import Path

import pytest

from rds_csi_async.domain.capabilities import SMALLEST_BYTES
from rds_csi_async.domain.errors import UnsupportedError
from rds_csi_async.domain.making import PLAIN, MakeOptions
from rds_csi_async.host.leftovers import find_unfinished
from rds_csi_async.host.mkfs import render_mkfs
from tests.host.images import take_back_end
from tests.host.reading_images import read_image
from tests.required_tools import find_tool

SAID = {
    "ext4": [PLAIN, MakeOptions(bytes_per_inode=4096), MakeOptions(bytes_per_inode=1 << 20, reserved_percent=5)],
    "xfs": [PLAIN, MakeOptions(reflink=False), MakeOptions(reflink=True)],
    "btrfs": [PLAIN, MakeOptions(metadata_copies=1), MakeOptions(metadata_copies=2)],
}


@pytest.mark.parametrize(
    ("file_system", "making"), [(name, making) for name, all_said in SAID.items() for making in all_said]
)
def test_mkfs_takes_it_and_leaves_what_is_known(tmp_path: Path, file_system: str, making: MakeOptions) -> None:
    """Killed before its last write it could be resumed, however it was told to make."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(2 * SMALLEST_BYTES[file_system])
    name, *arguments = render_mkfs(file_system, making, str(image))
    subprocess.run([find_tool(name), *arguments], check=True, capture_output=True, timeout=60)  # noqa: S603  # our own
    take_back_end(image, file_system)
    assert find_unfinished((), read_image(image)) == file_system


@pytest.mark.parametrize(
    ("file_system", "making", "words"),
    [
        ("ext4", PLAIN, ("-m", "0")),
        ("ext4", MakeOptions(reserved_percent=5), ("-m", "5")),
        ("ext4", MakeOptions(bytes_per_inode=65536), ("-i", "65536")),
        ("xfs", MakeOptions(reflink=False), ("-m", "reflink=0")),
        ("btrfs", MakeOptions(metadata_copies=1), ("-m", "single")),
        ("btrfs", MakeOptions(metadata_copies=2), ("-m", "dup")),
    ],
)
def test_each_option_has_its_words(file_system: str, making: MakeOptions, words: tuple[str, str]) -> None:
    """The device comes last."""
    argv = render_mkfs(file_system, making, "/dev/x")
    assert argv[argv.index(words[0]) + 1] == words[1]
    assert (argv[0], argv[-1]) == (f"mkfs.{file_system}", "/dev/x")


@pytest.mark.parametrize("file_system", SMALLEST_BYTES)
def test_only_xfs_is_ever_forced(file_system: str) -> None:
    """The others do not see what they began, and force would take away their last look."""
    forced, plain = (render_mkfs(file_system, PLAIN, "/dev/x", force=force) for force in (True, False))
    assert set(forced) - set(plain) == ({"-f"} if file_system == "xfs" else set())
    assert not {"-f", "-F", "--force"} & set(plain)


def test_nothing_else_is_made() -> None:
    """By no name."""
    with pytest.raises(UnsupportedError):
        render_mkfs("minix", PLAIN, "/dev/x")
