"""What can be served is served, and what would destroy data is refused before anything is done."""

import pytest

from rds_csi_async.domain.capabilities import (
    BLOCK_SMALLEST_BYTES,
    SMALLEST_BYTES,
    AccessMode,
    Capability,
    ensure_supported,
    find_unsupported,
    smallest_bytes,
)
from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.sizes import MIB

WRITE_MANY = {AccessMode.MULTI_NODE_SINGLE_WRITER, AccessMode.MULTI_NODE_MULTI_WRITER}


@pytest.mark.parametrize("mode", AccessMode)
@pytest.mark.parametrize("file_system", [None, "ext4", "xfs", "btrfs", "minix", "", "ext4; rm"])
def test_which_uses_are_served(mode: AccessMode, file_system: str | None) -> None:
    """Every mode, and every known file system, but no file system that two nodes write."""
    served = file_system in {None, "ext4", "xfs", "btrfs"} and not (file_system is not None and mode in WRITE_MANY)
    assert (find_unsupported(Capability(mode, file_system)) is None) is served


@pytest.mark.parametrize(
    ("mode", "many_nodes", "read_only"),
    [
        (AccessMode.SINGLE_NODE_WRITER, False, False),
        (AccessMode.SINGLE_NODE_READER_ONLY, False, True),
        (AccessMode.SINGLE_NODE_SINGLE_WRITER, False, False),
        (AccessMode.SINGLE_NODE_MULTI_WRITER, False, False),
        (AccessMode.MULTI_NODE_READER_ONLY, True, True),
        (AccessMode.MULTI_NODE_SINGLE_WRITER, True, False),
        (AccessMode.MULTI_NODE_MULTI_WRITER, True, False),
    ],
)
def test_what_each_mode_means(mode: AccessMode, *, many_nodes: bool, read_only: bool) -> None:
    """All seven, one by one: who may share decides who is cut off."""
    assert (mode.many_nodes, mode.read_only) == (many_nodes, read_only)


def test_the_modes_letters_never_change() -> None:
    """They are in the records of every published volume."""
    assert [mode.value for mode in AccessMode] == ["snw", "snr", "sns", "snm", "mnr", "mns", "mnm"]


def test_a_mount_option_that_is_not_allowed_is_a_reason() -> None:
    """See `mount_options` for which are."""
    for file_system in (None, "ext4"):
        reason = find_unsupported(Capability(AccessMode.SINGLE_NODE_WRITER, file_system, ("noatime", "loop")))
        assert reason is not None
        assert "'loop'" in reason


MOUNT = Capability(AccessMode.SINGLE_NODE_WRITER)
BLOCK = Capability(AccessMode.SINGLE_NODE_WRITER, None)


def test_one_kind_is_taken() -> None:
    """Several modes of one kind are one volume."""
    ensure_supported([MOUNT, Capability(AccessMode.MULTI_NODE_READER_ONLY, "xfs")])
    ensure_supported([BLOCK, Capability(AccessMode.MULTI_NODE_MULTI_WRITER, None)])


@pytest.mark.parametrize("capabilities", [[], [MOUNT, BLOCK], [MOUNT, Capability(AccessMode.MULTI_NODE_MULTI_WRITER)]])
def test_none_both_or_one_that_is_not_served(capabilities: list[Capability]) -> None:
    """Nothing asked for, mount and block at once, and one bad among good ones are refused."""
    with pytest.raises(InvalidRequestError):
        ensure_supported(capabilities)


def test_the_hungriest_use_decides_the_smallest_size() -> None:
    """A volume that may be xfs has to hold an xfs."""
    xfs = Capability(AccessMode.SINGLE_NODE_WRITER, "xfs")
    assert smallest_bytes([BLOCK]) == BLOCK_SMALLEST_BYTES == MIB
    assert smallest_bytes([BLOCK, MOUNT]) == SMALLEST_BYTES["ext4"]
    assert smallest_bytes([MOUNT, xfs]) == SMALLEST_BYTES["xfs"] >= 300 * MIB
    btrfs = Capability(AccessMode.SINGLE_NODE_WRITER, "btrfs")
    assert smallest_bytes([MOUNT, btrfs]) == SMALLEST_BYTES["btrfs"] >= 256 * MIB
