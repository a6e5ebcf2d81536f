"""What a call did is read from the log by its id: the call, what the appliance was sent, the programs that were run."""

import asyncio
import json
from typing import Any

import pytest

from tests.e2e.calls import VolumeCalls
from tests.e2e.lives import Life
from tests.e2e.rig import Rig


def _read_calls(rig: Rig) -> dict[str, list[dict[str, Any]]]:
    """Give the lines of each call, by its method. Blocks."""
    lines = [json.loads(line) for line in (rig.folder / "driver.log").read_text().splitlines()]
    names = {line["call_id"]: line["method"].rpartition("/")[2] for line in lines if "method" in line}
    calls: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if "call_id" in line:
            calls.setdefault(names.get(line["call_id"], "unnamed"), []).append(line)
    return calls


@pytest.mark.root
async def test_a_call_is_read_by_its_id(rig: Rig) -> None:
    """Its outcome at info, what it did at debug, and nothing that bears an id which no call has."""
    await rig.start_simulator()
    await rig.start_driver()
    volume = VolumeCalls(rig.kubelet)
    await asyncio.to_thread(volume.prepare)
    await Life(rig, volume).live(["create", "open", "stage"])
    await rig.stop_driver()
    calls = await asyncio.to_thread(_read_calls, rig)
    assert "unnamed" not in calls
    told = {"CreateVolume": "answered with", "ControllerPublishVolume": "answered with", "NodeStageVolume": "ran mkfs"}
    for method, words in told.items():
        assert any(words in line["event"] and line["level"] == "debug" for line in calls[method]), method
        assert [line["code"] for line in calls[method] if line["level"] == "info"] == ["OK"]
