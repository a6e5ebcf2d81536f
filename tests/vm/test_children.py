"""How many programs a stage runs, over NVMe/TCP, against a shell script that runs the same ones."""

import asyncio
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.identifiers import Nqn, VolumeId, slot_of
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.host.filesystems import HostFilesystems
from rds_csi_async.host.mounts import HostMounts
from rds_csi_async.host.nvme import NvmeConnections
from rds_csi_async.host.process import PATH, Programs
from rds_csi_async.host.state_files import StateFiles
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.announcing import Announcing
from rds_csi_async.services.staging import Staging
from tests.contracts.connections import HOST
from tests.host.nvmet import NvmetFabric, nvmet_fabric
from tests.vm.guest import ROOT

pytestmark = pytest.mark.vm
_SIZE_BYTES = 64 << 20
_CONNECT = f"""set -e
mkdir -p "$2"
as="--hostnqn={HOST.nqn} --hostid={HOST.host_id}"
nvme connect --transport=tcp --traddr=127.0.0.1 --trsvcid=PORT --nqn="$1" $as
find_device() {{
    for subsystem in /sys/class/nvme-subsystem/*; do
        read -r nqn < "$subsystem/subsysnqn"
        [ "$nqn" = "$1" ] || continue
        for device in "$subsystem"/nvme*n* "$subsystem"/nvme*/nvme*n*; do
            name=${{device##*/}}
            case $name in *c*n*) ;; *) [ -e "$device/size" ] && device=/dev/$name && return ;; esac
        done
    done
    return 1
}}
until find_device "$1"; do :; done
"""
_STARTED: list[str] = []


@dataclass(frozen=True)
class Volume:
    """One that is exported, and where it is staged."""

    request: StageRequest
    path: str


async def _export(fabric: NvmetFabric, folder: Path, name: str) -> Volume:
    nqn = Nqn(slot_of("children", "vm", name), 1, "0123456789abcdef")
    await fabric.export(str(nqn), _SIZE_BYTES)
    target = fabric.target(str(nqn), _SIZE_BYTES)
    context = PublishContext(nqn, target.address, target.port, _SIZE_BYTES, HOST, first_use=True, sole_node=True)
    capability, path = Capability(AccessMode.SINGLE_NODE_WRITER), str(folder / name)
    return Volume(StageRequest(VolumeId("vm", nqn.slot), path, capability, context), path)


async def _build(folder: Path) -> Staging:
    programs, metrics = Programs(), Metrics(grpc_methods=())
    mounts, filesystems = HostMounts(programs), HostFilesystems(programs)
    records, connections = StateFiles(folder / "records"), NvmeConnections(programs)
    assert await connections.find_unready() is None
    return Staging(NodePorts(connections, mounts, filesystems, records, metrics, Announcing(metrics)))


@contextmanager
def _counting() -> Iterator[list[str]]:
    """Give a list of the programs that this process starts meanwhile."""
    if not _STARTED:  # a hook stays for ever
        sys.addaudithook(lambda event, given: _STARTED.append(str(given[1])) if event == "subprocess.Popen" else None)
    _STARTED.clear()
    yield _STARTED


async def _run_script(script: str, *arguments: str) -> int:
    """Run it where process ids are counted from 1, and ask for the next at the end; give how many it started."""
    text = f"{script}sh -c 'echo $$ >&3' 3>&1"
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - it is what the driver is measured against
        *("unshare", "--pid", "--fork", "sh", "-c", text, "sh", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"LC_ALL": "C", "PATH": PATH},
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return int(said.split()[-1]) - 2  # the shell itself, and the one that was asked


async def test_no_more_programs_than_a_script(tmp_path: Path, figures: list[str]) -> None:
    """A first stage with its proofs and mkfs.ext4, and a later one."""
    staging = await _build(tmp_path)
    async with nvmet_fabric(tmp_path) as fabric:
        ours, others = await _export(fabric, tmp_path, "driver"), await _export(fabric, tmp_path, "script")
        attach = _CONNECT.replace("PORT", str(fabric.port))
        measured = await asyncio.to_thread(runpy.run_path, str(ROOT / "benchmarks" / "staging.py"))
        for kind, script in measured["SCRIPTS"].items():
            with _counting() as started:
                await staging.stage(ours.request)
                programs = list(started)
            await staging.unstage(ours.request.volume_id, ours.path)
            count = await _run_script(script.replace(measured["ATTACH"], attach), others.request.nqn, others.path)
            await _run_script('umount "$2"\nnvme disconnect --nqn="$1"\n', others.request.nqn, others.path)
            figures.append(f"{kind} stage: the driver runs {len(programs)} programs, the script {count}")
            assert len(programs) <= count, (programs, count)
