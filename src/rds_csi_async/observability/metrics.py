"""What the driver has counted so far.

The numbers are in a `SeriesStore`. The text is ours (`exposition`), since the library escapes neither labels nor help
and speaks no OpenMetrics.
"""

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from rds_csi_async.observability import catalogue
from rds_csi_async.observability.appliance_catalogue import MILLISECOND_GAUGES
from rds_csi_async.observability.appliance_metrics import ApplianceMetrics
from rds_csi_async.observability.definitions import status_of
from rds_csi_async.observability.exposition import Family, render_chunks
from rds_csi_async.observability.negotiation import decide_format, decide_gzip
from rds_csi_async.observability.series import SeriesStore
from rds_csi_async.ports.telemetry import ATTACH_OPERATIONS, OPERATIONS

if TYPE_CHECKING:
    from rds_csi_async.observability.http import Request, Response

_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS  # zlib's way to ask for gzip's header


class Metrics:
    """A registry of its own and the methods that record in it: the services' `Telemetry`, and what the guard records.

    `version` is told by `rds_csi_build_info`; `event_reasons` and `grpc_methods` are those known beforehand.
    `appliances` is the `ApplianceTelemetry`; `volume_series` and `milliseconds` are its own.
    """

    def __init__(  # noqa: PLR0913 - what it shows can be chosen
        self,
        version: str = "unknown",
        event_reasons: Iterable[str] = (),
        grpc_methods: Iterable[str] = (),
        *,
        volume_series: int = 0,
        milliseconds: bool = False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        known = {"version": (version,), "reason": tuple(event_reasons), "method": tuple(grpc_methods)}
        more = MILLISECOND_GAUGES.values() if milliseconds else ()
        self._store = SeriesStore((*catalogue.DEFINITIONS, *more), known)
        self._clock = clock
        self._now = now
        self._store.set(catalogue.PROCESS_START, now())
        self._begun: dict[str, dict[str, float]] = {operation: {} for operation in OPERATIONS}
        self.appliances = ApplianceMetrics(self._store, volume_series, milliseconds=milliseconds, clock=clock, now=now)

    def record_volume_op(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.VOLUME_OPERATIONS_TOTAL, operation, status_of(error))
        self._store.time(catalogue.VOLUME_OPERATION_SECONDS, duration_s, operation)

    def record_nvme_connect(self, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`. Moves the gauge at once; `record_nvme_connections` puts it right."""
        self._store.count(catalogue.NVME_CONNECTS_TOTAL, status_of(error))
        self._store.time(catalogue.NVME_CONNECT_SECONDS, duration_s)
        if error is None:
            self.record_nvme_connections(int(self._store.get(catalogue.NVME_CONNECTIONS_ACTIVE)) + 1)

    def record_nvme_disconnect(self) -> None:
        """See `Telemetry`. Moves the gauge at once, never below 0; `record_nvme_connections` puts it right."""
        self.record_nvme_connections(max(int(self._store.get(catalogue.NVME_CONNECTIONS_ACTIVE)) - 1, 0))

    def record_nvme_connections(self, count: int) -> None:
        """See `Telemetry`."""
        self._store.set(catalogue.NVME_CONNECTIONS_ACTIVE, count)

    def record_mount_op(self, operation: str, error: BaseException | None) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.MOUNT_OPERATIONS_TOTAL, operation, status_of(error))

    def record_stale_mount_detected(self) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.STALE_MOUNTS_TOTAL)

    def record_stale_recovery(self, error: BaseException | None) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.STALE_RECOVERIES_TOTAL, status_of(error))

    def record_orphan_cleaned(self) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.ORPHANS_TOTAL)

    def record_event_posted(self, reason: str) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.EVENTS_TOTAL, reason)

    def record_operation_begun(self, operation: str, key: str) -> None:
        """See `Telemetry`. How old it is, is worked out when somebody looks."""
        begun = self._begun.setdefault(operation, {})
        begun[key] = self._clock()
        self._store.set(catalogue.OPERATIONS_PENDING, len(begun), operation)

    def record_operation_ended(self, operation: str, key: str) -> None:
        """See `Telemetry`."""
        begun = self._begun.setdefault(operation, {})
        begun.pop(key, None)
        self._store.set(catalogue.OPERATIONS_PENDING, len(begun), operation)

    def record_attachment(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`."""
        is_attach = operation in ATTACH_OPERATIONS
        self._store.count(catalogue.ATTACHES_TOTAL if is_attach else catalogue.DETACHES_TOTAL, status_of(error))
        self._store.time(catalogue.ATTACHMENT_SECONDS, duration_s, operation)

    def record_attachment_conflict(self) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.ATTACHMENT_CONFLICTS_TOTAL)

    def record_migration(self, result: str, duration_s: float | None) -> None:
        """See `Telemetry`."""
        self._store.count(catalogue.MIGRATIONS_TOTAL, result)
        if duration_s is not None:
            self._store.time(catalogue.MIGRATION_SECONDS, duration_s)

    def record_migrations_active(self, count: int) -> None:
        """See `Telemetry`."""
        self._store.set(catalogue.MIGRATIONS_ACTIVE, count)

    def record_scan(self, duration_s: float) -> None:
        """See `Telemetry`."""
        self._store.time(catalogue.SCAN_SECONDS, duration_s)
        self._store.set(catalogue.SCAN_SUCCESS, self._now())

    def record_children(self, written_off: int, hanging: int) -> None:
        """See `Telemetry`."""
        self._store.raise_to(catalogue.WRITTEN_OFF_TOTAL, written_off)
        self._store.set(catalogue.CHILDREN_HANGING, hanging)

    def record_loop_lag(self, lag_s: float) -> None:
        """Take how late the event loop came to what was due."""
        self._store.time(catalogue.LOOP_LAG_SECONDS, lag_s)

    def record_grpc(self, method: str, code: str, duration_s: float) -> None:
        """One gRPC call was answered with this status code (`OK`, `NOT_FOUND` ...)."""
        self._store.count(catalogue.GRPC_REQUESTS_TOTAL, method, code)
        self._store.time(catalogue.GRPC_REQUEST_SECONDS, duration_s, method)

    def list_families(self) -> Iterator[Family]:
        """Read every family, each as it is when its turn comes."""
        now_s = self._clock()
        for operation, begun in self._begun.items():
            oldest_s = next(iter(begun.values()), now_s)
            self._store.set(catalogue.OPERATION_OLDEST, max(now_s - oldest_s, 0), operation)
        self.appliances.refresh()
        return self._store.list_families()

    async def render(self, accept: str = "", accept_encoding: str = "") -> tuple[bytes, dict[str, str]]:
        """Write everything out as a request's headers ask; return the body and the headers that describe it.

        Other work gets its turn after each piece, and each piece is compressed by itself, so the loop never waits.
        """
        form = decide_format(accept)
        headers = {"Content-Type": form.value, "Vary": "Accept, Accept-Encoding"}
        pieces: list[bytes] = []
        packer = zlib.compressobj(wbits=_GZIP_WINDOW_BITS) if decide_gzip(accept_encoding) else None
        for chunk in render_chunks(self.list_families(), form):
            pieces.append(packer.compress(chunk) if packer else chunk)
            await asyncio.sleep(0)
        if packer:
            pieces.append(packer.flush())
            headers["Content-Encoding"] = "gzip"
        return b"".join(pieces), headers

    async def handler(self, request: "Request") -> "Response":
        """Answer a scrape: an aiohttp handler for the route `/metrics`."""
        from rds_csi_async.observability.http import answer_scrape  # noqa: PLC0415  # who only records loads no aiohttp

        return await answer_scrape(self, request)
