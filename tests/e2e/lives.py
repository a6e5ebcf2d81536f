"""A volume's life in steps, each seen from the other side: in the mount table, in the data, in sizes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rds_csi_async.csi.client import CsiClient
from tests.e2e import pods
from tests.e2e.calls import VolumeCalls
from tests.e2e.rig import Rig
from tests.e2e.traces import list_devices

Call = Callable[[VolumeCalls, CsiClient], Awaitable[None]]
STEPS: dict[str, Call] = {  # in their order
    "create": VolumeCalls.create,
    "open": VolumeCalls.open,
    "stage": VolumeCalls.stage,
    "publish": VolumeCalls.publish,
    "expand": VolumeCalls.expand,
    "expand on node": VolumeCalls.expand_on_node,
    "unpublish": VolumeCalls.unpublish,
    "unstage": VolumeCalls.unstage,
    "close": VolumeCalls.close,
    "delete": VolumeCalls.delete,
}


_SYS_RESOURCE = 1 << 24  # capabilities(7)
NO_GROWTH = "needs CAP_SYS_RESOURCE, which this root has not: the kernel wants it to grow a mounted ext4"


def list_steps(kind: str) -> list[str]:
    """List the steps of a life that can be lived here. Blocks."""
    return [step for step in STEPS if step != "expand on node" or can_grow(kind)]


def can_grow(kind: str) -> bool:
    """Tell whether the kernel lets us grow a mounted file system of this kind. Blocks."""
    status = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines())
    return kind != "ext4" or bool(int(status["CapEff"], 16) & _SYS_RESOURCE)


@dataclass
class Life:
    """One volume's. Its pod writes when it sees it for the first time, and reads it back ever after."""

    rig: Rig
    volume: VolumeCalls
    written: str = ""

    async def live(self, steps: Iterable[str]) -> None:
        """Go through these steps."""
        async with self.rig.client() as client:
            for step in steps:
                await STEPS[step](self.volume, client)
                await asyncio.to_thread(self._ensure_after, step)

    def write_again(self) -> None:
        """Have the pod write something else. Blocks, as long as the device does."""
        self.written = pods.write(self.volume.target)

    def _ensure_after(self, step: str) -> None:
        volume, mounts = self.volume, _file_systems_at(self.volume)
        if step == "stage":
            assert mounts == ({} if volume.kind == "block" else {volume.staging: volume.kind})
            assert len([device for device in list_devices(self.rig) if volume.slot in device]) == 1
        elif step == "publish":
            self._ensure_published()
        elif step == "expand on node":
            assert pods.size_of(volume.target) > 2 * volume.size_bytes * 3 // 4
            assert pods.checksum(volume.target) == self.written
        elif step in {"unpublish", "unstage"}:
            assert volume.target not in mounts
            assert not volume.target.exists()
            assert not (step == "unstage" and mounts)

    def _ensure_published(self) -> None:
        volume = self.volume
        if not self.written:
            self.written = pods.write(volume.staging if volume.read_only else volume.target)
        assert pods.checksum(volume.target) == self.written
        if volume.kind == "block":
            assert volume.target.is_block_device()
        else:
            assert _file_systems_at(volume) == dict.fromkeys((volume.staging, volume.target), volume.kind)
        assert not (volume.read_only and pods.can_write(volume.target))


def _file_systems_at(volume: VolumeCalls) -> dict[Path, str]:
    """Give what is mounted, once, at the volume's two paths."""
    lines = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    found = [(Path(line[4]), line[line.index("-") + 1]) for line in lines]
    mine = [(path, file_system) for path, file_system in found if path in {volume.staging, volume.target}]
    assert len(dict(mine)) == len(mine)
    return dict(mine)
