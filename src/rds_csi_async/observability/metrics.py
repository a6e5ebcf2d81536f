"""What the driver has counted so far.

The only module that knows aioprometheus, which keeps the numbers. The text is ours (`exposition`), since the library
escapes neither labels nor help and speaks no OpenMetrics. A series that can be known beforehand is there, at 0, from
the start: else its first increase would be lost to `rate()`.
"""

import asyncio
import math
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aioprometheus.collectors import Counter, Gauge, Histogram, Registry
from aioprometheus.histogram import Histogram as Observations

from rds_csi_async.observability import catalogue
from rds_csi_async.observability.catalogue import Definition
from rds_csi_async.observability.exposition import Distribution, Family, Kind, Series, render_chunks
from rds_csi_async.observability.labels import Labels
from rds_csi_async.observability.negotiation import decide_format, decide_gzip

if TYPE_CHECKING:
    from rds_csi_async.observability.http import Request, Response

_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS  # zlib's way to ask for gzip's header


class Metrics:
    """A registry of its own and the methods that record in it: the services' `Telemetry`, and what the guard records.

    `version` is told by `rds_csi_build_info`; `event_reasons` and `grpc_methods` are those known beforehand.
    """

    def __init__(
        self, version: str = "unknown", event_reasons: Iterable[str] = (), grpc_methods: Iterable[str] = ()
    ) -> None:
        known = {"version": (version,), "reason": tuple(event_reasons), "method": tuple(grpc_methods)}
        self._registry = Registry()
        self._labels: dict[str, Labels] = {}
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for definition in catalogue.DEFINITIONS:
            labels = Labels({label: known.get(label, values) for label, values in definition.labels.items()})
            self._labels[definition.name] = labels
            self._add(definition, list(labels.list_known()))

    def record_volume_op(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`."""
        self._count(catalogue.VOLUME_OPERATIONS_TOTAL, operation, _status(error))
        self._time(catalogue.VOLUME_OPERATION_SECONDS, duration_s, operation)

    def record_nvme_connect(self, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`. Moves the gauge at once; `record_nvme_connections` puts it right."""
        self._count(catalogue.NVME_CONNECTS_TOTAL, _status(error))
        self._time(catalogue.NVME_CONNECT_SECONDS, duration_s)
        if error is None:
            self._gauges[catalogue.NVME_CONNECTIONS_ACTIVE.name].inc({})

    def record_nvme_disconnect(self) -> None:
        """See `Telemetry`. Moves the gauge at once, never below 0; `record_nvme_connections` puts it right."""
        active = self._gauges[catalogue.NVME_CONNECTIONS_ACTIVE.name]
        if active.get({}) != 0:
            active.dec({})

    def record_nvme_connections(self, count: int) -> None:
        """See `Telemetry`."""
        self._gauges[catalogue.NVME_CONNECTIONS_ACTIVE.name].set({}, count)

    def record_mount_op(self, operation: str, error: BaseException | None) -> None:
        """See `Telemetry`."""
        self._count(catalogue.MOUNT_OPERATIONS_TOTAL, operation, _status(error))

    def record_stale_mount_detected(self) -> None:
        """See `Telemetry`."""
        self._count(catalogue.STALE_MOUNTS_TOTAL)

    def record_stale_recovery(self, error: BaseException | None) -> None:
        """See `Telemetry`."""
        self._count(catalogue.STALE_RECOVERIES_TOTAL, _status(error))

    def record_orphan_cleaned(self) -> None:
        """See `Telemetry`."""
        self._count(catalogue.ORPHANS_TOTAL)

    def record_event_posted(self, reason: str) -> None:
        """See `Telemetry`."""
        self._count(catalogue.EVENTS_TOTAL, reason)

    def record_grpc(self, method: str, code: str, duration_s: float) -> None:
        """One gRPC call was answered with this status code (`OK`, `NOT_FOUND` ...)."""
        self._count(catalogue.GRPC_REQUESTS_TOTAL, method, code)
        self._time(catalogue.GRPC_REQUEST_SECONDS, duration_s, method)

    def list_families(self) -> Iterator[Family]:
        """Read every family, each as it is when its turn comes."""
        for definition in catalogue.DEFINITIONS:
            readings = self._registry.get(definition.name).get_all()
            series = tuple(Series(labels, _read(value)) for labels, value in readings)
            yield Family(definition.name, definition.help, definition.kind, series)

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

    def _add(self, definition: Definition, known: list[dict[str, str]]) -> None:
        name, text = definition.name, definition.help
        match definition.kind:
            case Kind.COUNTER:
                self._counters[name] = Counter(name, text, registry=self._registry)
                for labels in known:
                    self._counters[name].set(labels, 0)
            case Kind.GAUGE | Kind.INFO:
                self._gauges[name] = Gauge(name, text, registry=self._registry)
                for labels in known:
                    self._gauges[name].set(labels, 1 if definition.kind is Kind.INFO else 0)
            case Kind.HISTOGRAM:
                self._histograms[name] = Histogram(name, text, registry=self._registry, buckets=catalogue.BUCKETS_S)
                for labels in known:
                    self._histograms[name].set_value(labels, Observations(*catalogue.BUCKETS_S))

    def _count(self, definition: Definition, *values: str) -> None:
        self._counters[definition.name].inc(self._labels[definition.name].admit(values))

    def _time(self, definition: Definition, duration_s: float, *values: str) -> None:
        """Observe a duration; what is none (NaN, endless, negative) would spoil the sum for ever, and is left out."""
        if math.isfinite(duration_s) and duration_s >= 0:
            self._histograms[definition.name].observe(self._labels[definition.name].admit(values), float(duration_s))


def _status(error: BaseException | None) -> str:
    return catalogue.SUCCESS if error is None else catalogue.FAILURE


def _read(value: object) -> float | Distribution:
    """Take what the library hands out: a number, or a histogram as a dict of bounds, `count` and `sum`."""
    if isinstance(value, dict):
        bounds = tuple((bound, count) for bound, count in value.items() if isinstance(bound, float))
        return Distribution(bounds, value["count"], value["sum"])
    if isinstance(value, int | float):
        return value
    raise TypeError(value)
