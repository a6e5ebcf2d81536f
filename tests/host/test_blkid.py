"""What libblkid names is what is there; what it does not name proves nothing."""

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.host.blkid import parse_signatures
from rds_csi_async.host.process import Completed


def _said(exit_status: int, stdout: str = "", stderr: str = "") -> Completed:
    return Completed(("blkid", "-p", "-o", "export", "/dev/x"), exit_status, stdout, stderr)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("DEVNAME=/dev/x\nUUID=f3\nVERSION=1.0\nBLOCK_SIZE=4096\nTYPE=ext4\nUSAGE=filesystem\n", ("ext4",)),
        ("DEVNAME=/dev/x\nPTUUID=1\nPTTYPE=gpt\n", ("gpt",)),
        ("DEVNAME=/dev/x\nTYPE=ext4\nUSAGE=filesystem\nPTTYPE=dos\n", ("ext4", "dos")),
        ("DEVNAME=/dev/x\nTYPE=crypto_LUKS\nUSAGE=crypto\n", ("crypto_LUKS",)),
        ("DEVNAME=/dev/x\nLABEL=TYPE=xfs\nSEC_TYPE=msdos\nTYPE=vfat\nPART_ENTRY_TYPE=0x83\n", ("vfat",)),
    ],
)
def test_names_are_read_from_their_keys(said: str, names: tuple[str, ...]) -> None:
    """And from no label or other key that looks like one."""
    assert parse_signatures(_said(0, said)) == names


def test_nothing_found_is_no_name() -> None:
    """It may also not have been able to read; others see to that."""
    assert parse_signatures(_said(2)) == ()


def test_doubt_is_a_name_of_its_own() -> None:
    """It is no file system that anyone asks for, so that it is refused."""
    assert parse_signatures(_said(8, "", "blkid: /dev/x: ambivalent result")) == ("ambivalent",)


@pytest.mark.parametrize("exit_status", [1, 4, -9])
def test_a_failure_is_no_answer(exit_status: int) -> None:
    """Least of all that nothing is there."""
    with pytest.raises(HostError):
        parse_signatures(_said(exit_status))
