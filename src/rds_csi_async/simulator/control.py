"""The control socket of a running simulator: one request a line in, one answer a line out, both JSON objects.

`{"do": "fault", "kind": "drop-after", "match": "/disk/add"}` and the like; the answer has `"ok"`, and `"error"` when
that is false. All that can be asked: docs/simulator.md. `ask` is the other end.
"""

import asyncio
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from rds_csi_async.simulator.control_actions import carry_out
from rds_csi_async.simulator.control_faults import Box
from rds_csi_async.simulator.control_requests import decode_request

_MOST_ANSWER_BYTES: Final = 1 << 26


class Control:
    """Listens on a unix socket while it is entered."""

    def __init__(self, path: Path, box: Box) -> None:
        self.path = path
        self._box = box
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        bound = await asyncio.to_thread(_bind, self.path)
        self._server = await asyncio.start_unix_server(self._serve, sock=bound)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, break off what is being done, and hang up."""
        if self._server is not None:
            self._server.close()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for client in list(self._clients):
            client.close()
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    async def answer(self, line: bytes) -> dict[str, Any]:
        """Carry out one request; what is wrong with it is in the answer."""
        try:
            return {"ok": True, **await carry_out(self._box, decode_request(line))}
        except KeyError as error:
            return {"ok": False, "error": f"there is no {error.args[0]}"}
        except (ValueError, TypeError, AttributeError) as error:
            return {"ok": False, "error": str(error)}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
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


async def ask(path: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask a running simulator, at its control socket, for one thing.

    Raises:
        OSError: nobody listens there.
        ValueError: it does not do it; the message says why.

    """
    reader, writer = await asyncio.open_unix_connection(str(path), limit=_MOST_ANSWER_BYTES)
    try:
        writer.write(json.dumps(dict(request)).encode() + b"\n")
        await writer.drain()
        answer: dict[str, Any] = json.loads(await reader.readline() or b'{"ok": false, "error": "it has ended"}')
    finally:
        writer.close()
    if not answer.pop("ok"):
        raise ValueError(answer["error"])
    return answer


def _bind(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
