"""What only a node can try of an appliance: hosts that are connected while something is done to what they use.

Nothing is ever written to a device, nor read from it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from rds_csi_async.domain.connections import Connection, Target
from rds_csi_async.domain.errors import DriverError, NotReadyError, UnreachableError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.ports.bench import Bench
from rds_csi_async.ports.connections import Connections

_WATCH_S: Final = 10.0  # longer than a lost session stays unnoticed (two keep-alives)
_EVENT_S: Final = 3.0
_STEP_S: Final = 0.25
STRANGER: Final = "nqn.2014-08.org.nvmexpress:uuid:00000000-0000-8000-8000-000000000001"
Trial = Callable[[], Awaitable[Observation]]


class Attaching:
    """`NodeTrials` (`services.diagnosing`) of the machine that this runs on, as the host it is told to be."""

    def __init__(self, bench: Bench, connections: Connections, host: Host) -> None:
        self._bench = bench
        self._connections = connections
        self._host = host
        self._first: Target | None = None
        self._grew_by_itself: bool | None = None
        self._tried: list[str] = []
        self._trials: dict[str, Trial] = {
            "node": self._try_node,
            "connect": self._try_connect,
            "growth-seen": self._try_growth_seen,
            "growth-event": self._try_growth_event,
            "close-cuts": self._try_close_cuts,
            "old-name": self._try_old_name,
            "allow-host-refuses": self._try_allow_host_refuses,
            "remove-connected": self._try_remove_connected,
        }

    async def perform(self, key: str) -> Observation | None:
        """See `NodeTrials`."""
        return await self._trials[key]() if key in self._trials else None

    async def clear(self) -> None:
        """See `NodeTrials`."""
        while self._tried:
            await self._connections.disconnect(self._tried[-1])
            self._tried.pop()

    async def _try_node(self) -> Observation:
        lacking = await self._connections.find_unready()
        return Observation(lacking is None, lacking or "it has")

    async def _try_connect(self) -> Observation:
        lacking = await self._connections.find_unready()
        if lacking is not None:
            return Observation(None, lacking)
        exported = await self._bench.open(1, self._host)
        try:
            there = await self._attach(exported)
        except DriverError as error:
            return Observation(held=False, seen=str(error))
        self._first = exported
        return Observation(there.size_bytes == exported.size_bytes, f"{there}")

    async def _try_growth_seen(self) -> Observation:
        nqn = self._get_first().nqn
        size_bytes = await self._bench.grow()
        self._grew_by_itself = await self._watch(
            nqn, lambda seen: seen is not None and seen.size_bytes >= size_bytes, _EVENT_S
        )
        try:
            there = await self._connections.rescan(nqn, size_bytes)
        except NotReadyError as error:
            return Observation(held=False, seen=str(error))
        return Observation(there.size_bytes == size_bytes, f"{there}")

    async def _try_growth_event(self) -> Observation:
        said = {True: "it came", False: f"it did not come within {_EVENT_S:.0f} s", None: "nothing has grown"}
        return Observation(self._grew_by_itself, said[self._grew_by_itself])

    async def _try_close_cuts(self) -> Observation:
        nqn = self._get_first().nqn
        await self._bench.close()
        cut = await self._watch(nqn, lambda seen: seen is None or not seen.live, _WATCH_S)
        await self._connections.disconnect(nqn)
        return Observation(cut, "the session ended" if cut else f"the session was live {_WATCH_S:.0f} s later")

    async def _try_old_name(self) -> Observation:
        first = self._get_first()
        await self._bench.open(2, self._host)
        return await self._expect_refusal(first)

    async def _try_allow_host_refuses(self) -> Observation:
        self._get_first()  # else a refusal would say nothing
        return await self._expect_refusal(await self._bench.open(3, self._host, STRANGER))

    async def _try_remove_connected(self) -> Observation:
        self._get_first()
        exported = await self._bench.open(4, self._host)
        await self._attach(exported)
        try:
            await self._bench.remove()
        except DriverError as error:
            return Observation(held=False, seen=str(error))
        finally:
            await self._connections.disconnect(exported.nqn)
        return Observation(held=True, seen="it was removed")

    async def _expect_refusal(self, exported: Target) -> Observation:
        try:
            there = await self._attach(exported)
        except UnreachableError as error:
            return Observation(held=True, seen=str(error))
        await self._connections.disconnect(exported.nqn)
        return Observation(held=False, seen=f"it was attached: {there}")

    async def _attach(self, exported: Target) -> Connection:
        self._tried.append(exported.nqn)
        return await self._connections.connect(exported)

    async def _watch(self, nqn: str, has_come: Callable[[Connection | None], bool], timeout_s: float) -> bool:
        """Look for a while; a connection without a usable device is none."""
        for _ in range(round(timeout_s / _STEP_S)):
            if has_come(await self._find(nqn)):
                return True
            await asyncio.sleep(_STEP_S)
        return has_come(await self._find(nqn))

    async def _find(self, nqn: str) -> Connection | None:
        try:
            return await self._connections.find(nqn)
        except NotReadyError:
            return None

    def _get_first(self) -> Target:
        if self._first is None:
            message = "nothing could be attached to try it on"
            raise NotReadyError(message)
        return self._first
