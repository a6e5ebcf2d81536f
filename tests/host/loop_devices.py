"""Real block devices for tests that need root: loop devices over sparse files, gone when the test is."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from rds_csi_async.host.process import Programs

_LOOK_S = 60.0


class LoopDevices:
    """Makes devices in a folder. Its methods start programs, so they never block the loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}  # by device
        self._programs = Programs()

    async def attach(self, size_bytes: int) -> str:
        """Attach a new file of zeros; give the device."""
        file = self.folder / f"disk{len(self.files)}.img"
        await self.run("truncate", "-s", str(size_bytes), str(file))
        device = (await self.run("losetup", "-f", "--show", str(file))).strip()
        self.files[device] = file
        await self.run("blockdev", "--setrw", device)  # it may have been read-only for whoever had it before
        return device

    async def write(self, device: str, offset: int, data: bytes) -> None:
        """Write to the device, and have it written."""

        def write() -> None:
            with Path(device).open("r+b", buffering=0) as file:
                file.seek(offset)
                file.write(data)

        await asyncio.to_thread(write)
        await self.run("blockdev", "--flushbufs", device)

    async def grow(self, device: str, size_bytes: int) -> None:
        """Make file and device larger."""
        await self.run("truncate", "-s", str(size_bytes), str(self.files[device]))
        await self.run("losetup", "-c", device)

    async def mount(self, device: str, file_system: str) -> str:
        """Mount it below the folder."""
        path = self.folder / f"mnt-{Path(device).name}"
        await self.run("mkdir", str(path))
        await self.run("mount", "-t", file_system, device, str(path))
        return str(path)

    async def run(self, *argv: str) -> str:
        """Run a program that has to succeed; give what it said."""
        return (await self._programs.run(argv, timeout_s=_LOOK_S)).ensure_success().stdout


@asynccontextmanager
async def copied_mounts() -> AsyncIterator[None]:
    """Have another process hold a copy of the mount table, out of which nothing goes that goes here."""
    argv = ("unshare", "--mount", "--propagation", "unchanged", "sh", "-c", "echo && exec sleep infinity")
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)  # noqa: TID251 - it ends here
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield
    finally:
        process.kill()
        await process.wait()


@contextmanager
def loop_devices(folder: Path) -> Iterator[LoopDevices]:
    """Give a maker of devices; at the end everything below the folder is unmounted and detached, whatever happened."""
    try:
        yield LoopDevices(folder)
    finally:
        clean_up(folder)


def list_loops() -> Iterator[tuple[str, str]]:
    """Give the name and the file of every loop device of the machine; others' come and go meanwhile. Blocks."""
    for entry in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            file = entry.read_text(encoding="utf-8").removesuffix("\n")
        except OSError:
            continue
        yield entry.parts[3], file


def clean_up(folder: Path) -> None:
    """Unmount and detach all that has to do with files below the folder. Not for a running loop."""
    paths = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    for path in reversed(paths):
        if path.startswith(f"{folder}/"):
            raw = path.encode().decode("unicode_escape").encode("latin-1")
            subprocess.run([b"umount", b"--", raw], check=False, timeout=60)  # noqa: S603  # our own folder
    for name, file in list_loops():
        if file.startswith(f"{folder}/"):
            device = f"/dev/{name}"
            subprocess.run(["losetup", "-d", device], check=False, timeout=60)  # noqa: S603, S607  # our own device
