"""A volume's whole life, step by step, each step verified."""

import asyncio
import hashlib
import os
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

from rds_csi_async.app.demo_calls import Calls
from rds_csi_async.app.demo_screen import Screen, Verified
from rds_csi_async.app.running import Driver
from rds_csi_async.app.simulating import APPLIANCE_KEY
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.simulator.appliance import Simulator

_GIB = 1 << 30
_DATA_BYTES = 32 << 20
_SHOWN = ("rds_csi_volume_operations_total", "rds_csi_nvme_connects_total", "rds_csi_mount_operations_total")


class DemoFailedError(DriverError):
    """Something was not as it has to be."""


class Life:
    """The steps, on one screen."""

    def __init__(self, screen: Screen, calls: Calls, driver: Driver, simulator: Simulator) -> None:
        self._screen = screen
        self._calls = calls
        self._driver = driver
        self._simulator = simulator
        self._digest = ""

    async def live(self, *, node: bool) -> None:
        """Go through all of it; without a `node` through what needs none.

        Raises:
            DemoFailedError: a step was not as it has to be.

        """
        await self._create()
        await self._open()
        if node:
            await self._use()
            await self._write()
            await self._leave()
        await self._close()
        old = self._calls.context["nqn"]
        await self._open(old)
        if node:
            await self._use(again=True)
            await self._read()
        await self._grow(node=node)
        if node:
            await self._leave()
        await self._close()
        await self._delete()
        await self._show_metrics(node=node)

    async def _create(self) -> None:
        with self._step("CreateVolume: 1 GiB, closed until somebody may use it") as verified:
            size_bytes = await self._calls.create("pvc-demo", _GIB, {"appliance": APPLIANCE_KEY, "pool": "pool1"})
            verified.note(f"volume id {self._calls.volume_id}, {size_bytes} bytes")
            images = await self._list_images()
            _insist(images == [size_bytes], f"the pool holds images of {images} bytes, not one of {size_bytes}")
            verified.note(f"its image is in the pool, {images[0]} bytes")
            _insist(not await self._list_exports(), "a new volume is exported")
            verified.note("nothing is exported: no host can connect")

    async def _open(self, old: str = "") -> None:
        again = "under a new name, which no node knows that was cut off" if old else "the node may connect"
        with self._step(f"ControllerPublishVolume: {again}") as verified:
            await self._calls.publish_to_node()
            nqn = self._calls.context["nqn"]
            _insist(await self._list_exports() == [nqn], f"exported is {await self._list_exports()}, not {nqn}")
            verified.note(f"exported as …{nqn.partition(':')[2]}")
            if old:
                _insist(nqn != old, f"the NQN {nqn} came back")
                verified.note(f"and no longer as …{old.partition(':')[2]}")

    async def _use(self, *, again: bool = False) -> None:
        what = (
            "attach and mount what is there"
            if again
            else f"attach, prove it blank, make {self._calls.file_system}, mount"
        )
        with self._step(f"NodeStageVolume: {what}") as verified:
            await self._calls.stage()
            verified.note(f"{await self._find_mounted(self._calls.staging)} is mounted, {self._calls.file_system}")
        with self._step("NodePublishVolume: show it to a pod") as verified:
            await self._calls.publish_to_pod()
            await self._find_mounted(self._calls.target)
            verified.note(f"mounted at {self._calls.target}")

    async def _write(self) -> None:
        with self._step(f"The pod writes {_DATA_BYTES >> 20} MiB") as verified:
            self._digest = await asyncio.to_thread(_write_data, self._calls.target / "data")
            verified.note(f"SHA-256 {self._digest[:16]}…")
        with self._step("NodeGetVolumeStats: how full is it") as verified:
            stats = await self._calls.measure()
            used = max(usage.used for usage in stats.usage if usage.unit.name == "BYTES")
            _insist(used >= _DATA_BYTES, f"{used} bytes are said to be used after {_DATA_BYTES} were written")
            _insist(not stats.volume_condition.abnormal, stats.volume_condition.message)
            verified.note(f"{used} bytes used; {stats.volume_condition.message}")

    async def _read(self) -> None:
        with self._step("The pod reads its data back") as verified:
            digest = await asyncio.to_thread(_digest_of, self._calls.target / "data")
            _insist(digest == self._digest, f"the data read back has SHA-256 {digest}, not {self._digest}")
            verified.note(f"SHA-256 {digest[:16]}…, as written")

    async def _grow(self, *, node: bool) -> None:
        with self._step("ControllerExpandVolume: 2 GiB") as verified:
            size_bytes = await self._calls.expand(2 * _GIB)
            images = await self._list_images()
            _insist(images == [size_bytes] and size_bytes >= 2 * _GIB, f"the pool holds images of {images} bytes")
            verified.note(f"its image has {size_bytes} bytes")
        if not node:
            return
        with self._step("NodeExpandVolume: the file system follows, mounted") as verified:
            before = await asyncio.to_thread(_size_of, self._calls.target)
            await self._calls.expand_on_node()
            after = await asyncio.to_thread(_size_of, self._calls.target)
            _insist(after > before + _GIB // 2, f"the file system had {before} bytes and has {after}")
            digest = await asyncio.to_thread(_digest_of, self._calls.target / "data")
            _insist(digest == self._digest, "the data changed while it grew")
            verified.note(f"the file system had {before} bytes and has {after}; the data is as written")

    async def _leave(self) -> None:
        with self._step("NodeUnpublishVolume, NodeUnstageVolume: the pod is gone") as verified:
            await self._calls.unpublish_from_pod()
            await self._calls.unstage()
            mounts = await asyncio.to_thread(Path("/proc/self/mountinfo").read_text)
            _insist(str(self._calls.staging) not in mounts, f"something is still mounted at {self._calls.staging}")
            verified.note("nothing is mounted, and the device is detached")

    async def _close(self) -> None:
        with self._step("ControllerUnpublishVolume: closed again") as verified:
            await self._calls.unpublish_from_node()
            _insist(not await self._list_exports(), "an export is left")
            verified.note("nothing is exported")

    async def _delete(self) -> None:
        with self._step("DeleteVolume") as verified:
            await self._calls.delete()
            images = await self._list_images()
            _insist(not images, f"the pool still holds images of {images} bytes")
            verified.note("no disk and no file is left in the pool")

    async def _show_metrics(self, *, node: bool) -> None:
        address = f"http://{self._driver.metrics_address}/metrics"
        with self._step(f"What {address} says") as verified:
            text = await asyncio.to_thread(_fetch, address)
            samples = [line.rpartition(" ") for line in text.splitlines() if line.startswith(_SHOWN)]
            shown = [(name, value) for name, _, value in samples if float(value) > 0]
            failures = [name for name, _ in shown if 'status="failure"' in name]
            _insist(not failures, f"failures were counted: {failures}")
            operations = sum(name.startswith(_SHOWN[0]) for name, _ in shown)
            _insist(operations == (10 if node else 5), f"{operations} kinds of operations were counted")
            verified.note(f"{operations} kinds of operations were counted, none failed")
        self._screen.metrics(shown)

    def _step(self, title: str) -> AbstractContextManager[Verified]:
        return self._screen.step(title, self._simulator.counters)

    async def _list_images(self) -> list[int]:
        """Give the size in bytes of each image in the pools."""
        pools = self._simulator.settings.root / "pools"
        return await asyncio.to_thread(lambda: [path.stat().st_size for path in pools.rglob("*.img")])

    async def _list_exports(self) -> list[str]:
        exports = self._simulator.settings.root / "exports"
        return await asyncio.to_thread(lambda: [path.stem for path in exports.glob("*.json")])

    async def _find_mounted(self, path: Path) -> str:
        mounts = await asyncio.to_thread(Path("/proc/self/mountinfo").read_text)
        sources = [line.split(" - ")[1].split() for line in mounts.splitlines() if line.split()[4] == str(path)]
        wanted = self._calls.file_system
        _insist(len(sources) == 1 and sources[0][0] == wanted, f"at {path} is mounted {sources}, not one {wanted}")
        return sources[0][1]


def _insist(fine: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence
    if not fine:
        raise DemoFailedError(otherwise)


def _write_data(path: Path) -> str:
    data = os.urandom(_DATA_BYTES)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_of(path: Path) -> int:
    measured = os.statvfs(path)
    return measured.f_blocks * measured.f_frsize


def _fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - the driver's own address
        return str(answer.read().decode())
