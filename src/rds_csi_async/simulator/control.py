"""The control socket: one JSON object a line in, one out.

`{"do": "counters"}` returns the counts. `{"do": "clear"}` ends all faults. `{"do": "fault", "kind": …}` makes one:
`drop-before`, `drop-after`, `hang`, `hang-midway`, `hang-after`, `half-reply` (with `match`, a regular expression on
the line, and `times`),
`refuse-login` (`times`), `pool-unmounted` (`pool`), `safe-mode`, `delay` (`ms`, before each command).
`{"do": "exports", "up": false}` takes every export away, as a reboot does; `"up": true` brings them back, with
`"only": [<nqn>, …]` at first these alone.
"""

import asyncio
import json
import socket
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.exports import OutageExporter
from rds_csi_async.simulator.faults import Faults, LineFault
from rds_csi_async.simulator.pools import Pools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LINE_FAULTS: Final = frozenset(fault.value for fault in LineFault)


class Control:
    """Listens on a unix socket while it is entered."""

    def __init__(self, path: Path, faults: Faults, counters: Counters, pools: Pools, exporter: OutageExporter) -> None:
        self.path = path
        self._exporter = exporter
        self._faults = faults
        self._counters = counters
        self._pools = pools
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._actions: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "counters": lambda _request: self._counters.as_document(),
            "clear": self._clear,
            "fault": self._fault,
        }

    async def __aenter__(self) -> Self:
        """Listen."""
        bound = await asyncio.to_thread(_bind, self.path)
        self._server = await asyncio.start_unix_server(self._serve, sock=bound)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, and hang up."""
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close()
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    async def answer(self, line: bytes) -> dict[str, Any]:
        """Carry out one request; what is wrong with it is in the answer."""
        try:
            request = json.loads(line)
            if request["do"] == "exports":
                await self._switch_exports(request)
                return {"ok": True}
            return {"ok": True, **self._actions[request["do"]](request)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    async def _switch_exports(self, request: dict[str, Any]) -> None:
        if request["up"]:
            await self._exporter.come_up([str(nqn) for nqn in request.get("only", ())])
        else:
            await self._exporter.go_down()

    def _clear(self, _request: dict[str, Any]) -> dict[str, Any]:
        self._faults.clear()
        for pool in self._pools.by_name.values():
            pool.mounted = True
        return {}

    def _fault(self, request: dict[str, Any]) -> dict[str, Any]:
        kind, times = request["kind"], int(request.get("times", 1))
        if kind in _LINE_FAULTS:
            self._faults.plan(LineFault(kind), str(request.get("match", "")), times)
        elif kind == "refuse-login":
            self._faults.refused_logins = times
        elif kind == "pool-unmounted":
            self._pools.by_name[request["pool"]].mounted = False
        elif kind == "safe-mode":
            self._faults.safe_mode_held = True
        elif kind == "delay":
            self._faults.delay_s = float(request["ms"]) / 1000
        else:
            message = f"no such fault: {kind}"
            raise ValueError(message)
        return {}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the client is gone, or sent a line without end
        finally:
            self._clients.discard(writer)
            writer.close()


def _bind(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
