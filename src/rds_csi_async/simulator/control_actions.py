"""What can be asked of a running simulator. The protocol that asks it: `control`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rds_csi_async.simulator.control_faults import Answer, Box, make_fault
from rds_csi_async.simulator.control_requests import Request
from rds_csi_async.simulator.pools import CLEAN

_REBOOT_S: Final = 1.0
_MOUNT_S: Final = 1.0


def action_names() -> list[str]:
    """Name all that can be asked."""
    return sorted(_ACTIONS)


async def carry_out(box: Box, request: Request) -> Answer:
    """Do what is asked of an appliance, and tell what came of it.

    Raises:
        ValueError: it is not understood.
        KeyError: something that it names is not there.

    """
    name = request.text("do")
    if name not in _ACTIONS:
        message = f"{name!r} is none of: {', '.join(action_names())}"
        raise ValueError(message)
    return await _ACTIONS[name](box, request)


async def _counters(box: Box, request: Request) -> Answer:
    request.ensure_all_taken()
    took = {"took_ms": box.schedule.took_s * 1000, "changes_took_ms": box.schedule.changes_took_s * 1000}
    return box.counters.as_document() | took


async def _reset(box: Box, request: Request) -> Answer:
    request.ensure_all_taken()
    box.counters.reset()
    box.schedule.forget()
    return {}


async def _clear(box: Box, request: Request) -> Answer:
    request.ensure_all_taken()
    await box.end_safe_mode(undo=False)
    box.faults.clear()
    for pool in box.pools.by_name.values():
        pool.full = False
        pool.array_state = CLEAN
    await box.give_mounts()
    await box.change_host_key(fresh=False)
    return {}


async def _run(box: Box, request: Request) -> Answer:
    line = request.text("line")
    request.ensure_all_taken()
    return {"output": await box.run(line)}


async def _restart(box: Box, request: Request) -> Answer:
    down_s = request.number("down-ms", 0) / 1000
    request.ensure_all_taken()
    await box.restart(down_s)
    return {}


async def _reboot(box: Box, request: Request) -> Answer:
    down_s = request.number("down-ms", _REBOOT_S * 1000) / 1000
    mount_s = request.number("mount-ms", _MOUNT_S * 1000) / 1000
    request.ensure_all_taken()
    await box.reboot(down_s, mount_s)
    return {}


async def _backup(box: Box, request: Request) -> Answer:
    name = request.text("name")
    request.ensure_all_taken()
    await box.back_up(name)
    return {}


async def _restore(box: Box, request: Request) -> Answer:
    name = request.text("name")
    request.ensure_all_taken()
    await box.restore(name)
    return {}


async def _safe_mode(box: Box, request: Request) -> Answer:
    then = request.text("then")
    request.ensure_all_taken()
    if then == "take":
        await box.take_safe_mode()
    elif then in {"keep", "undo"}:
        await box.end_safe_mode(undo=then == "undo")
    else:
        message = f"safe mode is none of take, keep, undo: {then}"
        raise ValueError(message)
    return {}


async def _exports(box: Box, request: Request) -> Answer:
    up, only = request.flag("up"), request.texts("only")
    request.ensure_all_taken()
    if up:
        await box.exporter.come_up(only)
    else:
        await box.exporter.go_down()
    return {}


_ACTIONS: Final[Mapping[str, Callable[[Box, Request], Awaitable[Answer]]]] = {
    "backup": _backup,
    "clear": _clear,
    "counters": _counters,
    "exports": _exports,
    "fault": make_fault,
    "reboot": _reboot,
    "reset": _reset,
    "restart": _restart,
    "restore": _restore,
    "run": _run,
    "safe-mode": _safe_mode,
}
