"""Another device under the name of one that is mounted: it is not the volume, and nothing is written to it."""

import asyncio
import hashlib
import uuid
from pathlib import Path

import pytest
from grpclib.exceptions import GRPCError

from rds_csi_async.simulator.nvmet import CONFIG
from tests.e2e.lives import Life
from tests.e2e.traces import find_image
from tests.vm.rig import LEAVE, VmRig

pytestmark = pytest.mark.vm


@pytest.mark.kind("ext4")
async def test_identity_changed_under_a_pod(rig: VmRig, kind: str) -> None:
    """The mount is dead, and told of; the other volume's bytes are as they were, whatever is asked meanwhile."""
    life, other = await rig.begin(kind), await rig.begin(kind)
    await other.live(LEAVE)
    image = await asyncio.to_thread(find_image, rig, other.volume.slot)
    assert image is not None
    before = await asyncio.to_thread(_checksum, image)
    own = await asyncio.to_thread(_swap, life.volume.context["nqn"], str(image))
    await _ensure_refused(rig, life)
    assert await asyncio.to_thread(_checksum, image) == before
    await asyncio.to_thread(_swap, life.volume.context["nqn"], own)
    await life.live(["unpublish"])
    async with rig.client() as client:
        await life.volume.unstage(client)
    assert await asyncio.to_thread(_checksum, image) == before
    await life.live(["close", "open", "stage", "publish"])
    await other.live(["open", "stage", "publish"])
    await rig.end(life, other)


async def _ensure_refused(rig: VmRig, life: Life) -> None:
    """Ask for all that could use the device now: no call takes it for the volume."""
    async with rig.client() as client:
        with pytest.raises(GRPCError):
            await life.volume.stage(client)
        with pytest.raises(GRPCError):
            await life.volume.expand_on_node(client)
        condition = (await life.volume.measure(client)).volume_condition
    assert condition.abnormal


def _checksum(file: Path) -> str:
    with file.open("rb") as image:
        return hashlib.file_digest(image, "sha256").hexdigest()


def _swap(nqn: str, file: str) -> str:
    """Serve another file under the name, with an identity of its own; give the one that was served."""
    namespace = CONFIG / "subsystems" / nqn / "namespaces" / "1"
    served = (namespace / "device_path").read_text().strip()
    (namespace / "enable").write_text("0")
    (namespace / "device_path").write_text(file)
    (namespace / "device_uuid").write_text(str(uuid.uuid4()))
    (namespace / "enable").write_text("1")
    return served
