"""What may be said to mount, and what is said."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.capabilities import SMALLEST_BYTES
from rds_csi_async.domain.errors import UnsupportedError
from rds_csi_async.domain.mount_options import find_bad_option, mount_options

LABEL = "system_u:object_r:container_file_t:s0:c15,c25"


@pytest.mark.parametrize(
    ("file_system", "options"),
    [
        ("ext4", ("noatime",)),
        ("ext4", ("commit=30", "data=ordered")),
        ("ext4", ("ro", "rw")),
        ("ext4", ()),
        ("xfs", ("logbsize=256k", "pquota")),
        ("btrfs", ("compress=zstd:3", "discard=async")),
        ("btrfs", ("compress-force=zstd", "autodefrag")),
        (None, ("compress", "logbufs=8")),
        *((file_system, (f'context="{LABEL}"', "noatime")) for file_system in SMALLEST_BYTES),
        ("ext4", (f"context={LABEL}",)),
    ],
)
def test_known_mount_options_are_taken(file_system: str | None, options: tuple[str, ...]) -> None:
    """Those that tune, and hurt nobody else; and a label, as kubelet quotes it."""
    assert find_bad_option(file_system, options) is None


@pytest.mark.parametrize("file_system", ["ext4", "xfs", "btrfs", None])
@pytest.mark.parametrize(
    "option",
    [
        *("", "loop", "bind", "remount", "noatime,suid=x", "noatime ", "-o", "commit=", "commit=1,loop"),
        *("x" * 10**4, "é", "nouuid", "subvol=/", "degraded", "rescue=all", "device=/dev/sda", "noload", "norecovery"),
        *("context=", 'context="a', 'context=a"', 'context="a",loop', "context=a,,b", "context=a b", "fscontext=a"),
    ],
)
def test_other_mount_options_are_refused(file_system: str | None, option: str) -> None:
    """A list of what is allowed, since nobody can list what is not; the message stays short."""
    reason = find_bad_option(file_system, ("noatime", option))
    assert reason is not None
    assert len(reason) < 200


@pytest.mark.parametrize(
    ("file_system", "option"),
    [("ext4", "logbufs=8"), ("ext4", "compress=lzo"), ("xfs", "data=ordered"), ("xfs", "acl"), ("btrfs", "data=x")],
)
def test_an_option_of_another_file_system_is_refused(file_system: str, option: str) -> None:
    """At once, and not when a pod waits for the mount."""
    assert find_bad_option(file_system, (option,)) is not None
    assert find_bad_option(None, (option,)) is None


@given(st.sampled_from(["ext4", "xfs", "btrfs", None]), st.text())
def test_no_option_carries_a_second_one(file_system: str | None, option: str) -> None:
    """A comma or a blank would smuggle one in."""
    if find_bad_option(file_system, (option,)) is None:
        assert not set(option) & set(", \t\n\\\"'")


@given(st.text(alphabet='ab:,"= c'))
def test_no_label_carries_an_option(label: str) -> None:
    """Its commas are between quotes, and there are no other quotes."""
    if find_bad_option("ext4", (f"context={label}",)) is None:
        (said, *_) = mount_options("ext4", (f"context={label}",), read_only=False)
        assert re.fullmatch(r'context="[^"]+"', said)


@pytest.mark.parametrize(
    ("file_system", "options", "read_only", "expected"),
    [
        ("ext4", (), False, ("nodiscard",)),
        ("xfs", (), False, ()),
        ("btrfs", (), False, ("nodiscard",)),
        ("ext4", ("discard",), False, ("discard",)),
        ("xfs", ("discard", "noatime"), False, ("discard", "noatime")),
        ("btrfs", ("discard=async",), False, ("discard=async",)),
        ("ext4", ("rw",), True, ("nodiscard", "ro", "noload")),
        ("xfs", ("rw",), True, ("ro", "norecovery")),
        ("btrfs", ("rw",), True, ("nodiscard", "ro", "rescue=nologreplay")),
        ("ext4", ("ro",), False, ("nodiscard", "ro", "noload")),
        ("xfs", (f"context={LABEL}", "nodiscard"), False, (f'context="{LABEL}"',)),
        ("xfs", (f'context="{LABEL}"',), False, (f'context="{LABEL}"',)),
    ],
)
def test_what_is_mounted_with(
    file_system: str, options: tuple[str, ...], *, read_only: bool, expected: tuple[str, ...]
) -> None:
    """Nothing is discarded unless asked, and a device that nobody may write has its journal left alone."""
    assert mount_options(file_system, options, read_only=read_only) == expected


@pytest.mark.parametrize("file_system", [None, "minix"])
def test_what_is_not_ours_is_not_mounted(file_system: str | None) -> None:
    """A raw device, and a file system that nobody makes here, have no mount options."""
    with pytest.raises(UnsupportedError):
        mount_options(file_system, (), read_only=False)


def test_every_file_system_has_its_options() -> None:
    """Whatever can be served can be mounted, read-only too."""
    for file_system in SMALLEST_BYTES:
        assert "ro" in mount_options(file_system, (), read_only=True)
