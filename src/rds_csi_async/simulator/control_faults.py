"""What can be made to go wrong over the control socket, by name, and what an appliance must offer for that."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from rds_csi_async.simulator.control_requests import Request
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.exports import OutageExporter
from rds_csi_async.simulator.failures import DISK_IN_USE
from rds_csi_async.simulator.faults import Faults, LineFault
from rds_csi_async.simulator.pools import Pools
from rds_csi_async.simulator.scheduling import Schedule

Answer: TypeAlias = dict[str, Any]

_LINE_FAULTS: Final = frozenset(fault.value for fault in LineFault)


class Box(Protocol):
    """An appliance as those see it who do things to it that no console can."""

    faults: Faults
    counters: Counters
    schedule: Schedule

    @property
    def pools(self) -> Pools:
        """Its pools."""
        ...

    @property
    def exporter(self) -> OutageExporter:
        """What serves its exports."""
        ...

    async def run(self, line: str) -> str:
        """Run a line as an administrator, at once; return what it wrote."""
        ...

    async def restart(self, down_s: float = 0.0) -> None:
        """Break every connection, and start the software anew; what is kept is kept."""
        ...

    async def reboot(self, down_s: float, mount_s: float) -> None:
        """Go down with all exports, answer SSH again, mount the pools only some time after that."""
        ...

    async def take_mount(self, pool: str) -> None:
        """Unmount a pool."""
        ...

    async def give_mounts(self) -> None:
        """Mount every pool."""
        ...

    async def change_host_key(self, *, fresh: bool) -> str:
        """Show a new host key from now on, or the one that it began with; return its public half."""
        ...

    async def back_up(self, name: str) -> None:
        """Keep the tables, but no files, under a name."""
        ...

    async def restore(self, name: str) -> None:
        """Let the tables be as they were kept, and start anew; raises KeyError when nothing is kept so."""
        ...

    async def take_safe_mode(self) -> None:
        """Let somebody hold safe mode from now on."""
        ...

    async def end_safe_mode(self, *, undo: bool) -> None:
        """Let it go, keeping what was changed under it or undoing all of it."""
        ...


async def make_fault(box: Box, request: Request) -> Answer:
    """Make a fault of the kind that is asked for.

    Raises:
        ValueError: it is not understood.
        KeyError: something that it names is not there.

    """
    kind = request.text("kind")
    if kind in _LINE_FAULTS:
        return _plan(box, LineFault(kind), request)
    if kind not in _FAULTS:
        message = f"{kind!r} is none of: {', '.join(fault_kinds())}"
        raise ValueError(message)
    return await _FAULTS[kind](box, request)


def fault_kinds() -> list[str]:
    """Name everything that can go wrong."""
    return sorted(_LINE_FAULTS | _FAULTS.keys())


def _plan(box: Box, fault: LineFault, request: Request) -> Answer:
    match, times = request.text("match", ""), request.whole("times", 1)
    if fault is LineFault.TRICKLE:
        box.faults.trickle_s = request.number("ms", 50) / 1000
    request.ensure_all_taken()
    box.faults.plan(fault, match, times)
    return {}


async def _storm(box: Box, request: Request) -> Answer:
    kinds = [LineFault(kind) for kind in request.texts("kinds")] or list(LineFault)
    one_in, match, seed = request.whole("one-in"), request.text("match", ""), request.whole("seed", 0)
    request.ensure_all_taken()
    box.faults.storm(kinds, one_in, match=match, seed=seed)
    return {}


async def _refuse(box: Box, request: Request) -> Answer:
    text = request.text("text", DISK_IN_USE)
    match, times = request.text("match"), request.whole("times", 1)
    request.ensure_all_taken()
    box.faults.refuse(text, match, times)
    return {}


async def _intrude(box: Box, request: Request) -> Answer:
    line, match, times = request.text("line"), request.text("match"), request.whole("times", 1)
    request.ensure_all_taken()
    box.faults.intrude(line, match, times)
    return {}


async def _refuse_login(box: Box, request: Request) -> Answer:
    times = request.whole("times", 1)
    request.ensure_all_taken()
    box.faults.refused_logins = times
    return {}


async def _delay(box: Box, request: Request) -> Answer:
    delay_s = request.number("ms") / 1000
    request.ensure_all_taken()
    box.faults.delay_s = delay_s
    return {}


async def _late_deletion(box: Box, request: Request) -> Answer:
    late_s = request.number("ms") / 1000
    request.ensure_all_taken()
    box.faults.late_deletion_s = late_s
    return {}


async def _interleave(box: Box, request: Request) -> Answer:
    seed = request.whole("seed", 0)
    request.ensure_all_taken()
    box.faults.interleave(seed)
    return {}


async def _disk_full(box: Box, request: Request) -> Answer:
    pool = box.pools.by_name[request.text("pool")]
    request.ensure_all_taken()
    pool.full = True
    return {}


async def _array_state(box: Box, request: Request) -> Answer:
    pool = box.pools.by_name[request.text("pool")]
    state = request.text("state", "degraded")
    request.ensure_all_taken()
    pool.array_state = state
    return {}


async def _pool_unmounted(box: Box, request: Request) -> Answer:
    pool = request.text("pool")
    request.ensure_all_taken()
    await box.take_mount(pool)
    return {}


async def _host_key(box: Box, request: Request) -> Answer:
    request.ensure_all_taken()
    return {"host_key": await box.change_host_key(fresh=True)}


async def _safe_mode_held(box: Box, request: Request) -> Answer:
    request.ensure_all_taken()
    await box.take_safe_mode()
    return {}


_FAULTS: Final[Mapping[str, Callable[[Box, Request], Awaitable[Answer]]]] = {
    "array-state": _array_state,
    "delay": _delay,
    "disk-full": _disk_full,
    "host-key": _host_key,
    "interleave": _interleave,
    "intrude": _intrude,
    "late-deletion": _late_deletion,
    "pool-unmounted": _pool_unmounted,
    "refuse": _refuse,
    "refuse-login": _refuse_login,
    "safe-mode": _safe_mode_held,
    "storm": _storm,
}
