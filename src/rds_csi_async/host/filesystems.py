"""File systems by the programs that make and know them; devices are read by a child too, since reading can hang."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial

from rds_csi_async.domain.errors import HostError, RefusedError, UnsupportedError
from rds_csi_async.domain.filesystems import DeviceContent, Usage
from rds_csi_async.domain.making import MakeOptions
from rds_csi_async.host import device_reader
from rds_csi_async.host.blkid import parse_signatures
from rds_csi_async.host.leftovers import find_unfinished, may_be_unfinished
from rds_csi_async.host.mkfs import render_mkfs
from rds_csi_async.host.process import Programs
from rds_csi_async.host.readings import parse_reading

LOOK_TIMEOUT_S = 30.0
THOROUGH_TIMEOUT_S = 300.0
FORMAT_TIMEOUT_S = 600.0
_READING_BYTES = 3 * device_reader.MOST_BLOCKS * device_reader.BLOCK  # two digits a byte, and what is around them


class HostFilesystems:
    """`Filesystems`: ext4, xfs and btrfs."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    async def probe(self, device: str, size_bytes: int, *, thorough: bool) -> DeviceContent:
        """See `Filesystems`. That libblkid finds nothing proves nothing: it takes what it cannot read for empty."""
        signatures = await self._signatures(device)
        if signatures and not may_be_unfinished(signatures):
            return DeviceContent(signatures, blank=False, thorough=False)
        reader = (sys.executable, "-I", "-S", device_reader.__file__, device, "thorough" if thorough else "quick")
        timeout_s = THOROUGH_TIMEOUT_S if thorough else LOOK_TIMEOUT_S
        said = await self._programs.run(reader, timeout_s=timeout_s, most_bytes=_READING_BYTES)
        reading = await asyncio.to_thread(parse_reading, said.ensure_success().stdout)
        if reading.size_bytes < size_bytes:
            message = f"{device} has {reading.size_bytes} bytes where {size_bytes} were seen: nothing is known of it"
            raise HostError(message)
        unfinished = await asyncio.to_thread(find_unfinished, signatures, reading)
        return DeviceContent(signatures, reading.blank and not signatures, thorough, unfinished)

    async def format(  # noqa: PLR0913 - as the port has it
        self,
        device: str,
        file_system: str,
        making: MakeOptions,
        *,
        over_own_leftovers: bool,
        thorough: bool,
        ensure_same: Callable[[], Awaitable[None]],
    ) -> None:
        """See `Filesystems`. mkfs.ext4 overwrites whatever there is without a word when there is no terminal."""
        command = partial(render_mkfs, file_system, making, device)
        command()  # whether there is one shows before anything is read
        seen = await self.probe(device, 0, thorough=thorough)
        own = over_own_leftovers and seen.unfinished == file_system
        if not seen.blank and not own:
            found = " and ".join(seen.signatures) or "data"
            message = f"{device} is not blank, it holds {found}: no {file_system} was made"
            raise RefusedError(message)
        await ensure_same()
        await self._run(*command(force=own), timeout_s=FORMAT_TIMEOUT_S)
        await self._run("sync", device, timeout_s=FORMAT_TIMEOUT_S)
        made = await self._signatures(device)
        if made != (file_system,):
            message = f"{file_system} was made on {device}, and {made} is what is there"
            raise HostError(message)

    async def grow(self, device: str, path: str, file_system: str) -> None:
        """See `Filesystems`."""
        commands = {
            "ext4": ("resize2fs", device),
            "xfs": ("xfs_growfs", path),
            "btrfs": ("btrfs", "filesystem", "resize", "max", path),
        }
        if file_system not in commands:
            message = f"{file_system!r} is not a file system that this driver grows"
            raise UnsupportedError(message)
        await self._run(*commands[file_system], timeout_s=FORMAT_TIMEOUT_S)

    async def get_usage(self, path: str) -> Usage:
        """See `Filesystems`."""
        return parse_usage(await self._run("stat", "-f", "--printf", "%S %b %f %a %c %d", "--", path))

    async def _signatures(self, device: str) -> tuple[str, ...]:
        argv = ("blkid", "-p", "-o", "export", device)
        return parse_signatures(await self._programs.run(argv, timeout_s=LOOK_TIMEOUT_S))

    async def _run(self, *argv: str, timeout_s: float = LOOK_TIMEOUT_S) -> str:
        return (await self._programs.run(argv, timeout_s=timeout_s)).ensure_success().stdout


def parse_usage(text: str) -> Usage:
    """Read block size, total, free and available blocks, total and free inodes, as statfs(2) has them.

    Raises:
        HostError: it is something else.

    """
    try:
        block_bytes, blocks, free, available, inodes, free_inodes = map(int, text.split())
    except ValueError as error:
        message = f"the usage of a file system is told as {text[:100]!r}"
        raise HostError(message) from error
    return Usage(
        total_bytes=blocks * block_bytes,
        used_bytes=(blocks - free) * block_bytes,
        available_bytes=available * block_bytes,
        total_inodes=inodes,
        used_inodes=inodes - free_inodes,
        free_inodes=free_inodes,
    )
