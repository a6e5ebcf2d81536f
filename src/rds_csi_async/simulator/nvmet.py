"""Exports served over NVMe/TCP by this machine's kernel: its target, `nvmet`, is told through configfs.

What is made here bears a mark, the subsystem's serial number, which follows from the appliance's folder: so whatever a
killed simulator left is found again, and nothing of anybody else's is touched. It outlives a killed simulator as an
appliance's exports outlive a management daemon.

An export is reachable only when it is whole: its namespace is enabled and its hosts are let in before the port knows
it. A port listens while something is exported through it. Ending an export ends the sessions of its hosts at once. A
disk that grew tells nobody; who asks is told the new size. The namespace's identity follows from the NQN, so the same
name is the same device again after a restart, and a new name is a new one.
"""

import asyncio
import hashlib
import ipaddress
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from rds_csi_async.simulator.exports import Export

CONFIG: Final = Path("/sys/kernel/config/nvmet")
_MODEL: Final = "RDS simulator"
_IDENTITIES: Final = uuid.UUID("b1a6b7a3-4f0c-4c83-93b7-57e5a9a6a6d5")
_MOST_PORTS: Final = 1 << 16


class NvmetExporter:
    """Serves exports at one address, each at its own port number. `root` is the appliance's folder."""

    def __init__(self, root: Path, address: str, *, config: Path = CONFIG) -> None:
        self._config = config
        self._address = ipaddress.ip_address(address)
        self._mark = hashlib.sha256(str(root.absolute()).encode()).hexdigest()[:20]
        self._turn = asyncio.Lock()

    def find_missing(self) -> str | None:
        """Tell what this machine cannot export for; None when it can. Blocks."""
        if os.geteuid() != 0:
            return "exporting over NVMe/TCP needs root"
        if not (self._config / "subsystems").is_dir():
            return (
                f"this kernel's NVMe/TCP target is not there ({self._config}):"
                " modprobe nvmet-tcp, and mount -t configfs configfs /sys/kernel/config"
            )
        return None

    async def restore(self, exports: Iterable[Export]) -> None:
        """See `Exporter`. What is served as it should be is left as it is, with its sessions."""
        async with self._turn:
            await asyncio.to_thread(self._restore, list(exports))

    async def publish(self, export: Export) -> None:
        """See `Exporter`."""
        async with self._turn:
            await asyncio.to_thread(self._publish, export)

    async def withdraw(self, nqn: str) -> None:
        """See `Exporter`."""
        async with self._turn:
            await asyncio.to_thread(self._withdraw, nqn)

    async def close(self) -> None:
        """See `Exporter`: the kernel serves nothing of it any more."""
        await self.restore([])

    def _restore(self, exports: list[Export]) -> None:
        wanted = {export.nqn for export in exports}
        for subsystem in list(self._list_own()):
            if subsystem.name not in wanted:
                self._withdraw(subsystem.name)
        for export in exports:
            self._make_whole(export)
        for export in exports:
            self._open(export)

    def _publish(self, export: Export) -> None:
        self._make_whole(export)
        self._open(export)

    def _withdraw(self, nqn: str) -> None:
        subsystem = self._config / "subsystems" / nqn
        if not subsystem.exists() or not self._is_own(subsystem):
            return
        for port in self._list_ports(nqn):
            self._unlink_from(port, nqn)
        for namespace in (subsystem / "namespaces").iterdir():
            namespace.rmdir()
        for host in list((subsystem / "allowed_hosts").iterdir()):
            self._forbid(host)
        subsystem.rmdir()

    def _make_whole(self, export: Export) -> None:
        """Have subsystem, namespace and hosts as the export says, without a port if there was none."""
        subsystem = self._config / "subsystems" / export.nqn
        subsystem.mkdir(exist_ok=True)
        if not self._is_own(subsystem):
            _ensure_bare(subsystem)
            (subsystem / "attr_serial").write_text(self._mark)
            (subsystem / "attr_model").write_text(_MODEL)
        _set_namespace(subsystem, export)
        self._set_host(subsystem, export.allowed_host)

    def _set_host(self, subsystem: Path, allowed: str) -> None:
        """Let in the one host, or anyone; the kernel takes names only while it does not let in everybody."""
        anyone, hosts = subsystem / "attr_allow_any_host", subsystem / "allowed_hosts"
        if allowed:
            if anyone.read_text().strip() != "0":
                anyone.write_text("0")
            host = self._config / "hosts" / allowed
            host.mkdir(exist_ok=True)
            if not (hosts / allowed).is_symlink():
                (hosts / allowed).symlink_to(host)
        for link in [link for link in hosts.iterdir() if link.name != allowed]:
            self._forbid(link)
        if not allowed and anyone.read_text().strip() != "1":
            anyone.write_text("1")

    def _forbid(self, link: Path) -> None:
        link.unlink()
        with suppress(OSError):  # another subsystem lets this host in
            (self._config / "hosts" / link.name).rmdir()

    def _open(self, export: Export) -> None:
        """Have the subsystem behind its port, and behind no other one."""
        wanted = self._find_port(export.port) or self._make_port(export.port)
        for port in self._list_ports(export.nqn):
            if port != wanted:
                self._unlink_from(port, export.nqn)
        link = wanted / "subsystems" / export.nqn
        if not link.is_symlink():
            link.symlink_to(self._config / "subsystems" / export.nqn)

    def _unlink_from(self, port: Path, nqn: str) -> None:
        (port / "subsystems" / nqn).unlink()
        if not any((port / "subsystems").iterdir()):
            port.rmdir()

    def _find_port(self, number: int) -> Path | None:
        """Find the port that listens there, whoever made it: two cannot."""
        wanted = ["tcp", str(self._address), str(number)]
        for port in (self._config / "ports").iterdir():
            names = ("addr_trtype", "addr_traddr", "addr_trsvcid")
            if [(port / name).read_text().strip() for name in names] == wanted:
                return port
        return None

    def _make_port(self, number: int) -> Path:
        taken = {port.name for port in (self._config / "ports").iterdir()}
        name = next(name for name in map(str, (number, *range(1, _MOST_PORTS))) if name not in taken)
        port = self._config / "ports" / name
        port.mkdir()
        (port / "addr_trtype").write_text("tcp")
        (port / "addr_adrfam").write_text(f"ipv{self._address.version}")
        (port / "addr_traddr").write_text(str(self._address))
        (port / "addr_trsvcid").write_text(str(number))
        return port

    def _list_ports(self, nqn: str) -> list[Path]:
        ports = (self._config / "ports").iterdir()
        return [port for port in ports if (port / "subsystems" / nqn).is_symlink()]

    def _list_own(self) -> Iterator[Path]:
        return (subsystem for subsystem in (self._config / "subsystems").iterdir() if self._is_own(subsystem))

    def _is_own(self, subsystem: Path) -> bool:
        return (subsystem / "attr_serial").read_text().strip() == self._mark


def _ensure_bare(subsystem: Path) -> None:
    """Insist that a subsystem without the mark was made just now, or by who was killed before he could mark it.

    Raises:
        FileExistsError: it is somebody's.

    """
    if any((subsystem / "namespaces").iterdir()):
        message = f"{subsystem.name} is served by this kernel already, and not for this appliance"
        raise FileExistsError(message)


def _set_namespace(subsystem: Path, export: Export) -> None:
    namespace = subsystem / "namespaces" / "1"
    namespace.mkdir(exist_ok=True)
    served = (namespace / "device_path").read_text().strip()
    enabled = (namespace / "enable").read_text().strip() == "1"
    if enabled and served == str(export.file):
        return
    if enabled:
        (namespace / "enable").write_text("0")
    (namespace / "device_path").write_text(str(export.file))
    (namespace / "buffered_io").write_text("1")  # the file may lie on a file system without direct I/O
    (namespace / "device_uuid").write_text(str(uuid.uuid5(_IDENTITIES, export.nqn)))
    (namespace / "enable").write_text("1")
