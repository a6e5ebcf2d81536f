"""The mount table is read as the kernel means it."""

from dataclasses import replace

from rds_csi_async.domain.mounts import PER_MOUNT_FLAGS, Mount, find_mount, mounts_of, with_number

BELOW = Mount("/a", "259:0", "/", "ext4", "/dev/nvme0n1", read_only=False)
ABOVE = replace(BELOW, device_number="259:1", source="/dev/nvme1n1")
INSIDE = replace(BELOW, path="/a/b")
TABLE = (BELOW, INSIDE, ABOVE)


def test_the_last_mount_at_a_path_is_the_one_that_is_seen() -> None:
    """It covers the others."""
    assert find_mount(TABLE, "/a") == ABOVE
    assert find_mount(TABLE[:2], "/a") == BELOW


def test_only_the_exact_path_counts() -> None:
    """Neither what is above nor below it, nor another way to write it."""
    for path in ("/", "/a/", "/a/b/c", "/ab"):
        assert find_mount(TABLE, path) is None


def test_a_device_is_listed_wherever_it_is_mounted() -> None:
    """Covered mounts and binds are uses too."""
    assert mounts_of(TABLE, "259:0") == [BELOW, INSIDE]
    assert mounts_of(TABLE, "259:00") == []


def test_a_lost_btrfs_is_known_by_the_name_of_its_device() -> None:
    """Where the kernel shows no device's number; a number that it shows is believed."""
    lost = replace(BELOW, device_number="0:45", file_system="btrfs")
    other = replace(lost, source="/dev/nvme9n1")
    known = with_number((lost, other, ABOVE), "/dev/nvme0n1", "259:0")
    assert known == (replace(lost, device_number="259:0"), other, ABOVE)
    assert with_number((lost, BELOW), "/dev/nvme0n1", "") == (lost, BELOW)
    assert with_number((BELOW,), "/dev/nvme0n1", "259:7") == (BELOW,)


def test_flags_of_a_mount_are_none_of_a_file_system() -> None:
    """A bind with one of these fails or, worse, changes nothing."""
    assert not PER_MOUNT_FLAGS & {"discard", "commit", "sync", "data", "ro", "rw"}
    assert {"nosuid", "nodev", "noexec", "noatime"} <= PER_MOUNT_FLAGS
