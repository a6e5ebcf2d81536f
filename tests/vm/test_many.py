"""Many volumes on one node: staged all at once, and in use while the driver ends and another one starts."""

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from rds_csi_async.host.polling import poll
from tests.e2e.lives import Life
from tests.e2e.pods import checksum, write
from tests.vm.rig import WAIT_S, WHOLE, VmRig
from tests.vm.stages import Stages

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]
_AT_ONCE, _IN_USE = 32, 20 if WHOLE else 5
_CONNECTIONS = "rds_csi_nvme_connections_active"
_BLOCK, _FILES = 64 << 10, 64  # 4 MiB in all


class Pod:
    """Writes one file after another into its volume, each whole and on the device, until it is told to end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: dict[str, str] = {}  # checksum by name
        self.count = 0
        self.error: OSError | None = None

    def write_until(self, ended: threading.Event) -> None:
        """Write; end at the first error."""
        try:
            while not ended.wait(0.2):
                self._write(f"file{self.count % _FILES}")
        except OSError as error:
            self.error = error

    def list_wrong(self) -> list[str]:
        """List the files that do not read as they were written."""
        return [name for name, checksum in self.written.items() if _checksum(self._folder / name) != checksum]

    def _write(self, name: str) -> None:
        data = os.urandom(_BLOCK)
        with (self._folder / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.written[name] = hashlib.sha256(data).hexdigest()
        self.count += 1


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@asynccontextmanager
async def _running(pods: list[Pod]) -> AsyncIterator[None]:
    """Have all of them write while this runs."""
    loop, ended = asyncio.get_running_loop(), threading.Event()
    threads = ThreadPoolExecutor(len(pods))  # the loop's own are fewer
    writing = [loop.run_in_executor(threads, pod.write_until, ended) for pod in pods]
    try:
        yield
    finally:
        ended.set()
        await asyncio.gather(*writing)
        threads.shutdown(wait=False)


async def _new_lives(rig: VmRig, kind: str, count: int) -> list[Life]:
    await rig.start_simulator()
    await rig.start_driver()
    lives = [await rig.new_life(kind) for _ in range(count)]
    for life in lives:
        await life.live(["create", "open"])
    return lives


async def _list_unseen(rig: VmRig, lives: list[Life], said: int) -> list[str]:
    """List what the driver has not looked at since it has said so much, once a look at all of them takes no longer."""

    async def look() -> list[str]:
        lines = [line for line in (await asyncio.to_thread(_read_log, rig))[said:].splitlines() if "stat -f" in line]
        return [life.volume.name for life in lives if not any(str(life.volume.staging) in line for line in lines)]

    return await poll(look, until=lambda unseen: not unseen, timeout_s=WAIT_S)


def _read_log(rig: VmRig) -> str:
    return (rig.folder / "driver.log").read_text()


async def _stage_all(rig: VmRig, lives: list[Life]) -> None:
    """Stage all of them at once; how each fares is looked at afterwards, when it takes less time."""
    async with rig.client() as client:
        await asyncio.gather(*(rig.insist(partial(life.volume.stage, client)) for life in lives))


async def _live_all(rig: VmRig, lives: list[Life], *steps: str) -> None:
    for step in steps:
        await asyncio.gather(*(rig.insist(partial(life.live, [step])) for life in lives))


@pytest.mark.kind("block")
async def test_thirty_two_staged_at_once(stages: Stages, kind: str, figures: list[str]) -> None:
    """Each gets its own device, and its own data when all are staged once more."""
    requests = [await stages.export(f"volume{number}", kind) for number in range(_AT_ONCE)]
    begun_s = time.monotonic()
    places = await stages.stage(requests)
    figures.append(f"{_AT_ONCE} stages at once, {kind}: {time.monotonic() - begun_s:.1f} s")
    written = [await asyncio.to_thread(write, place) for place in places]
    await stages.unstage(requests)
    assert [await asyncio.to_thread(checksum, place) for place in await stages.stage(requests)] == written
    await stages.unstage(requests)


@pytest.mark.kind("ext4", without=("block", "btrfs"))
async def test_a_new_driver_under_pods_that_write(rig: VmRig, kind: str, figures: list[str]) -> None:
    """Killed, and stopped as for an upgrade: no write fails, no mount changes, all is known again in one scan."""
    lives = await _new_lives(rig, kind, _IN_USE)
    await _stage_all(rig, lives)
    await _live_all(rig, lives, "publish")
    pods, mounts = [Pod(life.volume.target) for life in lives], await rig.run("cat", "/proc/self/mountinfo")
    async with _running(pods):
        for end in (rig.kill_driver, rig.stop_driver):
            await end()
            said = await asyncio.to_thread(_read_log, rig)
            await rig.start_driver()
            assert await _list_unseen(rig, lives, len(said)) == []
            await rig.wait_measured(_CONNECTIONS, _IN_USE)
            assert await rig.measure("rds_csi_stale_mounts_detected_total") == 0
    assert await rig.run("cat", "/proc/self/mountinfo") == mounts
    assert [pod.error for pod in pods] == [None] * _IN_USE
    assert all(pod.written for pod in pods)
    figures.append(f"{_IN_USE} pods wrote {sum(pod.count for pod in pods)} files meanwhile")
    await rig.drop_caches()
    assert [name for pod in pods for name in await asyncio.to_thread(pod.list_wrong)] == []
    await rig.end(*lives)
