"""What the kernel said since somebody began to listen, and no failure if he may not."""

import asyncio
from pathlib import Path

import pytest

from rds_csi_async.host.kernel_log import KernelLog, parse_record


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("3,1234,5678,-;nvme nvme0: gone\n", "nvme nvme0: gone"),
        ("6,1,2,-;a; b\n SUBSYSTEM=block\n DEVICE=b259:0\n", "a; b"),
        ("damaged", ""),
    ],
)
def test_a_record_has_a_message(record: str, message: str) -> None:
    """And words about it that are no message."""
    assert parse_record(record) == message


async def test_what_was_said_before_is_not_told(tmp_path: Path) -> None:
    """Only what came since, and that once."""
    path = tmp_path / "kmsg"
    await asyncio.to_thread(path.write_text, "6,1,1,-;old\n")
    async with KernelLog(path).following() as list_said:
        assert await asyncio.to_thread(list_said) == []
        await asyncio.to_thread(_add, path, "6,2,2,-;new\n")
        assert await asyncio.to_thread(list_said) == ["new"]
        assert await asyncio.to_thread(list_said) == []


async def test_one_that_may_not_be_read_says_nothing(tmp_path: Path) -> None:
    """It is only words that are missing then."""
    async with KernelLog(tmp_path / "none").following() as list_said:
        assert await asyncio.to_thread(list_said) == []


@pytest.mark.vm
async def test_this_kernels_own_is_read() -> None:
    """A message at a time, as the kernel gives them."""
    async with KernelLog().following() as list_said:
        for word in ("first", "second"):
            await asyncio.to_thread(Path("/dev/kmsg").write_text, f"rds-csi: {word}\n")
        said = await asyncio.to_thread(list_said)
    assert [line for line in said if line.startswith("rds-csi: ")] == ["rds-csi: first", "rds-csi: second"]


def _add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
