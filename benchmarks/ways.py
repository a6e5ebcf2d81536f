"""The two ways of staging that are measured against each other: the driver's own parts, and a script by a shell."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.identifiers import Host, Nqn, VolumeId, slot_of
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.host import device_reader
from rds_csi_async.host.filesystems import HostFilesystems
from rds_csi_async.host.loop import LoopConnections
from rds_csi_async.host.mounts import HostMounts
from rds_csi_async.host.process import PATH, Programs
from rds_csi_async.host.state_files import StateFiles
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.announcing import Announcing
from rds_csi_async.services.staging import Staging

ENVIRONMENT = {"LC_ALL": "C", "PATH": PATH}
SIZE_BYTES = 256 << 20
HOST = Host("nqn.2014-08.org.nvmexpress:uuid:benchmark", "benchmark")
ATTACH = """set -e
mkdir -p "$2"
until device=$(losetup --find --show "$1"); do :; done
read -r ro <"/sys/block/${device##*/}/ro" # it may have been read-only for whoever had it before
[ "$ro" = 0 ] || blockdev --setrw "$device"
"""
PROVE = f"""blkid -p -o export "$device" || [ $? = 2 ]
{sys.executable} -I -S {device_reader.__file__} "$device" quick
"""
SCRIPTS = {
    "first": f"""{ATTACH}{PROVE}{PROVE}
mkfs.ext4 -q -b 4096 -m 0 -E nodiscard "$device"
sync "$device"
blkid -p -o export "$device"
mount -t ext4 -o nodiscard -- "$device" "$2"
""",
    "again": f"""{ATTACH}
blkid -p -o export "$device"
mount -t ext4 -o nodiscard -- "$device" "$2"
resize2fs "$device"
""",
}


@dataclass(frozen=True)
class Volume:
    """A file, exported as the simulator does, and where it is staged."""

    request: StageRequest
    file: Path
    path: str


class TimedStateFiles(StateFiles):
    """The driver's, which also say how long one waited for them: the script has none, and they are written for good."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.waited_s: dict[str, float] = {}  # by slot

    async def save(self, slot: str, record: StageRecord) -> None:
        """See `StageRecords`."""
        begun_s = time.perf_counter()
        await super().save(slot, record)
        self.waited_s[slot] = self.waited_s.get(slot, 0.0) + time.perf_counter() - begun_s


class Driver:
    """The node's own parts, in this process."""

    def __init__(self, folder: Path) -> None:
        programs = Programs()
        connections = LoopConnections(programs, folder / "exports")
        self.records, metrics = TimedStateFiles(folder / "records"), Metrics(grpc_methods=())
        mounts, filesystems = HostMounts(programs), HostFilesystems(programs)
        ports = NodePorts(connections, mounts, filesystems, self.records, metrics, Announcing(metrics))
        self._staging = Staging(ports)

    async def stage(self, volumes: list[Volume], _kind: str) -> None:
        """Stage them, all at once."""
        await asyncio.gather(*(self._staging.stage(volume.request) for volume in volumes))

    async def unstage(self, volumes: list[Volume]) -> None:
        """Take them off again."""
        for volume in volumes:
            await self._staging.unstage(volume.request.volume_id, volume.path)


class Script:
    """The same by a shell."""

    async def stage(self, volumes: list[Volume], kind: str) -> None:
        """Stage them, all at once."""
        await asyncio.gather(*(_run_shell(SCRIPTS[kind], str(each.file), each.path) for each in volumes))

    async def unstage(self, volumes: list[Volume]) -> None:
        """Take them off again."""
        for volume in volumes:
            await _run_shell('device=$(findmnt -no SOURCE "$2"); umount "$2"; losetup -d "$device"', "", volume.path)


def make_volumes(folder: Path, count: int, prefix: str) -> list[Volume]:
    """Make files of zeros, and export them."""
    volumes = []
    for number in range(count):
        slot = slot_of("benchmark", "bench", f"{prefix}{number}")
        nqn = Nqn(slot, 1, f"{number:016x}")
        file = folder / f"{prefix}{number}.img"
        with file.open("wb") as image:
            image.truncate(SIZE_BYTES)
        document = {"file": str(file), "size": SIZE_BYTES, "allowed_host": ""}
        (folder / "exports" / f"{quote(str(nqn), safe=':')}.json").write_text(json.dumps(document))
        context = PublishContext(nqn, "127.0.0.1", 4420, SIZE_BYTES, HOST, first_use=True, sole_node=True)
        capability = Capability(AccessMode.SINGLE_NODE_WRITER)
        path = str(folder / "mounts" / f"{prefix}{number}")
        volumes.append(Volume(StageRequest(VolumeId("bench", slot), path, capability, context), file, path))
    return volumes


async def _run_shell(script: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - the script is what the driver is measured against
        "sh", "-c", script, "sh", *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    _, said = await process.communicate()
    if process.returncode:
        message = f"the script failed: {said.decode()}"
        raise RuntimeError(message)
