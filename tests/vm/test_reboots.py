"""The appliance reboots under mounted volumes."""

import asyncio

import pytest

from tests.vm.rig import VmRig

pytestmark = pytest.mark.vm
_TICKS = 4  # of the reconnect delay, one second


async def test_a_volume_with_a_port_of_its_own_may_come_back_late(rig: VmRig, kind: str) -> None:
    """Its port stays closed when another volume is back already: it waits, and loses nothing, on every kernel."""
    rig.ports = 4096
    early, late = await rig.begin(kind), await rig.begin(kind)
    assert early.volume.context["port"] != late.volume.context["port"]
    await rig.take_exports_away()
    await rig.wait_state(early.volume, "connecting")
    await rig.bring_exports_back(early.volume.context["nqn"])
    await rig.wait_state(early.volume, "live")
    await asyncio.to_thread(early.write_again)
    writing = asyncio.get_running_loop().run_in_executor(None, late.write_again)
    done, _ = await asyncio.wait([writing], timeout=_TICKS)
    assert not done
    await rig.wait_state(late.volume, "connecting")
    await rig.bring_exports_back()
    await asyncio.wait_for(writing, 60)
    await rig.end(early, late)
