"""What can be asked of a running simulator. The protocol that asks it: `control`."""

from typing import TYPE_CHECKING, Final

from rds_csi_async.simulator.control_faults import Answer, Box, make_fault
from rds_csi_async.simulator.control_requests import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

_REBOOT_S: Final = 1.0
_MOUNT_S: Final = 1.0


class Actions:
    """Carries requests out."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._actions: Mapping[str, Callable[[Request], Awaitable[Answer]]] = {
            "backup": self._backup,
            "clear": self._clear,
            "counters": self._counters,
            "exports": self._exports,
            "fault": self._fault,
            "reboot": self._reboot,
            "reset": self._reset,
            "restart": self._restart,
            "restore": self._restore,
            "run": self._run,
            "safe-mode": self._safe_mode,
        }

    async def carry_out(self, request: Request) -> Answer:
        """Do what is asked, and tell what came of it.

        Raises:
            ValueError: it is not understood.
            KeyError: something that it names is not there.

        """
        name = request.text("do")
        if name not in self._actions:
            message = f"{name!r} is none of: {', '.join(self._actions)}"
            raise ValueError(message)
        return await self._actions[name](request)

    async def _counters(self, request: Request) -> Answer:
        request.ensure_all_taken()
        return self._box.counters.as_document()

    async def _reset(self, request: Request) -> Answer:
        request.ensure_all_taken()
        self._box.counters.reset()
        return {}

    async def _clear(self, request: Request) -> Answer:
        request.ensure_all_taken()
        self._box.faults.clear()
        for pool in self._box.pools.by_name.values():
            pool.full = False
        await self._box.give_mounts()
        await self._box.change_host_key(fresh=False)
        return {}

    async def _run(self, request: Request) -> Answer:
        line = request.text("line")
        request.ensure_all_taken()
        return {"output": await self._box.run(line)}

    async def _restart(self, request: Request) -> Answer:
        down_s = request.number("down-ms", 0) / 1000
        request.ensure_all_taken()
        await self._box.restart(down_s)
        return {}

    async def _reboot(self, request: Request) -> Answer:
        down_s = request.number("down-ms", _REBOOT_S * 1000) / 1000
        mount_s = request.number("mount-ms", _MOUNT_S * 1000) / 1000
        request.ensure_all_taken()
        await self._box.reboot(down_s, mount_s)
        return {}

    async def _backup(self, request: Request) -> Answer:
        name = request.text("name")
        request.ensure_all_taken()
        await self._box.back_up(name)
        return {}

    async def _restore(self, request: Request) -> Answer:
        name = request.text("name")
        request.ensure_all_taken()
        await self._box.restore(name)
        return {}

    async def _safe_mode(self, request: Request) -> Answer:
        then = request.text("then")
        request.ensure_all_taken()
        if then == "take":
            await self._box.take_safe_mode()
        elif then in {"keep", "undo"}:
            await self._box.end_safe_mode(undo=then == "undo")
        else:
            message = f"safe mode is none of take, keep, undo: {then}"
            raise ValueError(message)
        return {}

    async def _exports(self, request: Request) -> Answer:
        up, only = request.flag("up"), request.texts("only")
        request.ensure_all_taken()
        if up:
            await self._box.exporter.come_up(only)
        else:
            await self._box.exporter.go_down()
        return {}

    async def _fault(self, request: Request) -> Answer:
        return await make_fault(self._box, request)
