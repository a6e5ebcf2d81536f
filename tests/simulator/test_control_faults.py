"""Every fault can be made by its name, and does what it says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.control_faults import fault_kinds, make_fault
from rds_csi_async.simulator.control_requests import Request
from rds_csi_async.simulator.faults import LineFault
from tests.simulator.logging_in import settings_for


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """Have an appliance."""
    async with Simulator(settings_for(tmp_path)) as simulator:
        yield simulator


async def _make(simulator: Simulator, kind: str, **parts: Any) -> dict[str, Any]:
    request = Request({"kind": kind, **{name.replace("_", "-"): value for name, value in parts.items()}})
    answer = await make_fault(simulator, request)
    request.ensure_all_taken()
    return answer


@pytest.mark.parametrize("fault", LineFault)
async def test_what_happens_to_a_line(simulator: Simulator, fault: LineFault) -> None:
    """By pattern, and so many times."""
    await _make(simulator, fault.value, match="add", times=2)
    taken = [simulator.faults.take_line(line) for line in ("print", "add", "add", "add")]
    assert taken == [None, fault, fault, None]


async def test_times_are_in_milliseconds(simulator: Simulator) -> None:
    """On the outside."""
    await _make(simulator, "delay", ms=250)
    await _make(simulator, "trickle", ms=5)
    await _make(simulator, "late-deletion", ms=1500)
    faults = simulator.faults
    assert (faults.delay_s, faults.trickle_s, faults.late_deletion_s) == (0.25, 0.005, 1.5)


async def test_what_happens_to_verbs(simulator: Simulator) -> None:
    """A refusal has a text of its own, or says that it is in use."""
    await _make(simulator, "refuse", match="/disk/remove")
    await _make(simulator, "refuse", match="/disk/set", text="failure: no")
    await _make(simulator, "intrude", match="/disk/set", line=":put 1")
    refusals = [simulator.faults.take_refusal(verb) for verb in ("/disk/remove", "/disk/set", "/disk/set")]
    assert refusals == ["failure: disk is in use", "failure: no", None]
    assert simulator.faults.take_intrusion("/disk/set") == ":put 1"


async def test_what_happens_to_all_lines_by_chance(simulator: Simulator) -> None:
    """Of the kinds that are named, else of any."""
    await _make(simulator, "storm", one_in=1, kinds="hang,noise", seed=3)
    assert {simulator.faults.take_line("x") for _ in range(50)} == {LineFault.HANG, LineFault.NOISE}
    await _make(simulator, "storm", one_in=1)
    assert {simulator.faults.take_line("x") for _ in range(500)} == set(LineFault)
    await _make(simulator, "interleave", seed=4)
    assert len({simulator.faults.take_turns() for _ in range(50)}) > 2


async def test_what_happens_to_pools(simulator: Simulator) -> None:
    """One is full, another is not there."""
    await _make(simulator, "disk-full", pool="pool1")
    await _make(simulator, "pool-unmounted", pool="raid10")
    assert simulator.pools.by_name["pool1"].free_bytes == 0
    assert not simulator.pools.by_name["raid10"].mounted


async def test_what_happens_to_arrays(simulator: Simulator) -> None:
    """One calls itself other than clean; the others do not."""
    await _make(simulator, "array-state", pool="pool1")
    assert await simulator.run(":put [/disk/get pool1 state]; :put [/disk/get raid10 state]") == "degraded\nclean\n"
    await _make(simulator, "array-state", pool="pool1", state="failed")
    assert await simulator.run(":put [/disk/get pool1 state]") == "failed\n"


async def test_what_happens_to_logins(simulator: Simulator) -> None:
    """Some are refused, and the key is another."""
    before = simulator.host_key_public
    await _make(simulator, "refuse-login", times=2)
    answer = await _make(simulator, "host-key")
    assert simulator.faults.refused_logins == 2
    assert answer["host_key"] == simulator.host_key_public != before


async def test_somebody_holds_safe_mode(simulator: Simulator) -> None:
    """Which every session can see."""
    await _make(simulator, "safe-mode")
    assert await simulator.run(":put [/safe-mode/get enabled]") == "true\n"


async def test_an_unknown_fault_is_refused(simulator: Simulator) -> None:
    """With all that there are."""
    with pytest.raises(ValueError, match="'flood' is none of: array-state, cut-reply, delay") as refused:
        await _make(simulator, "flood")
    assert all(kind in str(refused.value) for kind in fault_kinds())
