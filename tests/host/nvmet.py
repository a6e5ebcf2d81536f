"""The Linux kernel's own NVMe/TCP target, through configfs: a fabric that is real, where the kernel has it."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.contracts.connections import Fabric

CONFIG = Path("/sys/kernel/config/nvmet")
_BACKING = Path("/scratch")  # nvmet wants a file system with a block size; an overlay has none


class NvmetFabric(Fabric):
    """Files exported on 127.0.0.1; the port opens with the first export and closes with the last."""

    def __init__(self) -> None:
        self._files: dict[str, Path] = {}
        self._port = CONFIG / "ports" / "1"
        self._port.mkdir()
        for name, value in {"trtype": "tcp", "adrfam": "ipv4", "traddr": self.address, "trsvcid": self.port}.items():
            (self._port / f"addr_{name}").write_text(f"{value}")

    async def export(self, nqn: str, size_bytes: int, *, allowed_host: str = "") -> None:
        """See `Fabric`. The port comes last, when all behind it is there."""
        await asyncio.to_thread(self._export, nqn, size_bytes, allowed_host)

    async def withdraw(self, nqn: str) -> None:
        """See `Fabric`."""
        await asyncio.to_thread((self._port / "subsystems" / nqn).unlink)

    async def grow(self, nqn: str, size_bytes: int) -> None:
        """See `Fabric`."""

        def grow() -> None:
            with self._files[nqn].open("r+b") as file:
                file.truncate(size_bytes)

        await asyncio.to_thread(grow)

    def _export(self, nqn: str, size_bytes: int, allowed_host: str) -> None:
        file = self._files[nqn] = _BACKING / f"{uuid.uuid4()}.img"
        with file.open("wb") as image:
            image.truncate(size_bytes)
        subsystem = CONFIG / "subsystems" / nqn
        subsystem.mkdir()
        (subsystem / "attr_allow_any_host").write_text("0" if allowed_host else "1")
        if allowed_host:
            host = CONFIG / "hosts" / allowed_host
            host.mkdir(exist_ok=True)
            (subsystem / "allowed_hosts" / allowed_host).symlink_to(host)
        namespace = subsystem / "namespaces" / "1"
        namespace.mkdir()
        (namespace / "device_path").write_text(str(file))
        (namespace / "buffered_io").write_text("1")
        (namespace / "device_uuid").write_text(str(uuid.uuid4()))
        (namespace / "enable").write_text("1")
        (self._port / "subsystems" / nqn).symlink_to(subsystem)

    def close(self) -> None:
        """Export nothing any more, and leave no trace."""
        for link in (self._port / "subsystems").iterdir():
            link.unlink()
        self._port.rmdir()
        for nqn, file in self._files.items():
            subsystem = CONFIG / "subsystems" / nqn
            for host in (subsystem / "allowed_hosts").iterdir():
                host.unlink()
            (subsystem / "namespaces" / "1").rmdir()
            subsystem.rmdir()
            file.unlink()
        for host in (CONFIG / "hosts").iterdir():
            with suppress(OSError):
                host.rmdir()


@contextmanager
def nvmet_fabric() -> Iterator[NvmetFabric]:
    """Give a target that exports nothing; it is gone at the end."""
    fabric = NvmetFabric()
    try:
        yield fabric
    finally:
        fabric.close()
