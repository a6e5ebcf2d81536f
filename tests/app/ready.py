"""Waiting for a driver to be ready."""

import asyncio
from collections.abc import Callable

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient


async def until_ready(client: CsiClient) -> None:
    """Return when the driver says that it can work."""
    while not (await client.identity.probe(wire.ProbeRequest())).ready:  # noqa: ASYNC110 - it is another's state
        await asyncio.sleep(0.02)


async def until(happened: Callable[[], bool]) -> None:
    """Return when it has."""
    while not happened():  # noqa: ASYNC110 - it is another's state
        await asyncio.sleep(0.005)
