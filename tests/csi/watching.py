"""A guard that notes what it is told, and one call beneath it."""

import asyncio
from pathlib import Path

import pytest
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline

from rds_csi_async.csi.headers import Headers
from rds_csi_async.csi.methods import Handler, Metadata, RequestT, ResponseT
from tests.csi.raw_client import EMPTY, Answer, Identity, connected, served


class WatchfulGuard:
    """Notes every call it is told of, and how it ended."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.metadata: Metadata = {}
        self.deadline: Deadline | None = None

    async def __call__(
        self,
        method: str,
        handler: Handler[RequestT, ResponseT],
        request: RequestT,
        metadata: Metadata,
        deadline: Deadline | None,
    ) -> ResponseT:
        """Call, and note."""
        self.metadata, self.deadline = metadata, deadline
        try:
            response = await handler(request)
        except GRPCError as error:
            self.seen.append((method, error.status.name))
            raise
        except asyncio.CancelledError:
            self.seen.append((method, "cancelled"))
            raise
        self.seen.append((method, "OK"))
        return response


async def call_once(
    path: Path, guard: WatchfulGuard, headers: Headers | None = None, data: bytes | None = EMPTY
) -> Answer:
    """Serve, call once, and see that the server is well afterwards."""
    async with served(path, Identity(), guard=guard), connected(path) as client:
        answer = await client.call(headers, data)
        seen = list(guard.seen)
        assert (await client.call()).status == 0
        guard.seen = seen
        return answer


def assert_no_blame(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing was logged as the driver's fault, and no traceback at all."""
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= 30]
