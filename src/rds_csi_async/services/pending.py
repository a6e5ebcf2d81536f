"""What is under way or waits, shown while it does, and named when it is slow. Part of operations."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rds_csi_async.ports.telemetry import PendingTelemetry

_log = logging.getLogger(__name__)
SLOW_S = 10.0  # after which something is named while it goes on; then after twice as long, and so on


@dataclass(frozen=True, slots=True)
class Pending:
    """Shows what is under way or waits. `names` are the telemetry's names of what is called otherwise here."""

    telemetry: PendingTelemetry
    names: Mapping[str, str]

    @contextmanager
    def shown(self, what: str, key: str) -> Iterator[None]:
        """Show one while the context is open."""
        operation = self.names.get(what, what)
        self.telemetry.record_operation_begun(operation, key)
        try:
            yield
        finally:
            self.telemetry.record_operation_ended(operation, key)


@contextmanager
def named_when_slow(title: str) -> Iterator[None]:
    """Say that it is slow while it is: when it ends, or never does, it is too late for whoever wonders."""
    loop = asyncio.get_running_loop()
    begun_s = loop.time()

    handles: list[asyncio.TimerHandle] = []

    def name(after_s: float) -> None:
        _log.warning("%s is slow: it has been pending for %.0f s", title, after_s)
        handles[:] = [loop.call_at(begun_s + 2 * after_s, name, 2 * after_s)]

    handles.append(loop.call_at(begun_s + SLOW_S, name, SLOW_S))
    try:
        yield
    finally:
        handles[0].cancel()
        if loop.time() - begun_s > SLOW_S:
            _log.info("%s has ended, after %.0f s", title, loop.time() - begun_s)
