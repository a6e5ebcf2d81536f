"""What `rds-csi top` shows, worked out of what processes serve. Pure. What nobody told is None, and never 0."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rds_csi_async.app.top_appliances import SHARE, ApplianceFacts, PoolFacts, list_appliances, list_pools
from rds_csi_async.observability import catalogue
from rds_csi_async.observability.appliance_catalogue import CONNECTION_STATE
from rds_csi_async.observability.definitions import FAILURE, SUCCESS
from rds_csi_async.observability.samples import Samples, find_within

MOST_CALLS = 10
CONTROLLER, NODE = "controller", "node"


@dataclass(frozen=True, slots=True)
class Look:
    """What one process served: all of it, and what was counted of late. One that is down did not, for a reason."""

    address: str
    samples: Samples | None = None
    recent: Samples | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """A process: what it is, and how it fares. `lag_s` is what its loop's lag mostly stays below."""

    address: str
    reason: str = ""
    version: str = ""
    roles: tuple[str, ...] = ()
    pending: float = 0
    lag_s: float | None = None
    hanging: float = 0

    @property
    def is_up(self) -> bool:
        """Whether it answered."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class PendingFacts:
    """Operations of one kind that are under way, or wait for their turn."""

    address: str
    operation: str
    count: float
    oldest_s: float


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Calls of one method of late, of all processes: how many, how slow, and what was answered other than OK."""

    method: str
    count: float
    within_s: float
    refused: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node: the connections that its kernel holds, and what became of its mounts since the process started."""

    address: str
    connections: float | None
    connects_failed: float
    stale: float
    healed: float
    not_healed: float
    orphans: float
    scanned_ago_s: float | None


@dataclass(frozen=True, slots=True)
class Picture:
    """All that there is to show."""

    processes: tuple[ProcessFacts, ...]
    appliances: tuple[ApplianceFacts, ...]
    pools: tuple[PoolFacts, ...]
    pending: tuple[PendingFacts, ...]
    calls: tuple[CallFacts, ...]
    nodes: tuple[NodeFacts, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every process answered."""
        return all(each.is_up for each in self.processes)


def draw(looks: Sequence[Look], now_s: float) -> Picture:
    """Work it out; `now_s` is Unix time. What waits longest, and what is slowest, comes first."""
    up = [(look, look.samples) for look in looks if look.samples is not None]
    pools = {(pool.appliance, pool.name): pool for _, samples in reversed(up) for pool in list_pools(samples)}
    pending = [each for look, samples in up for each in _list_pending(look.address, samples)]
    return Picture(
        tuple(_see_process(look) for look in looks),
        tuple(
            facts for look, samples in up for facts in list_appliances(look.address, samples, _recent_of(look, samples))
        ),
        tuple(pools[key] for key in sorted(pools)),
        tuple(sorted(pending, key=lambda each: -each.oldest_s)),
        _list_calls([_recent_of(look, samples) for look, samples in up]),
        tuple(_see_node(look, samples, now_s) for look, samples in up if NODE in _roles_of(samples)),
    )


def _see_process(look: Look) -> ProcessFacts:
    samples = look.samples
    if samples is None:
        return ProcessFacts(look.address, look.reason or "it does not answer")
    return ProcessFacts(
        look.address,
        "",
        ", ".join(samples.list_values(catalogue.BUILD_INFO.name, "version")),
        _roles_of(samples),
        samples.find_sum(catalogue.OPERATIONS_PENDING.name) or 0,
        find_within([_recent_of(look, samples)], catalogue.LOOP_LAG_SECONDS.name, SHARE),
        samples.find_sum(catalogue.CHILDREN_HANGING.name) or 0,
    )


def _roles_of(samples: Samples) -> tuple[str, ...]:
    """Tell what a process does by what it tells of: appliances, or scans; who knows no appliance is a node."""
    asks = bool(samples.list_named(CONNECTION_STATE.name))
    scans = bool(samples.list_named(catalogue.SCAN_SUCCESS.name))
    roles = {CONTROLLER: asks, NODE: scans or not asks}
    return tuple(role for role, plays in roles.items() if plays)


def _recent_of(look: Look, samples: Samples) -> Samples:
    return samples if look.recent is None else look.recent


def _list_pending(address: str, samples: Samples) -> Iterator[PendingFacts]:
    for operation, count in samples.find_sums(catalogue.OPERATIONS_PENDING.name, "operation").items():
        oldest_s = samples.find_sum(catalogue.OPERATION_OLDEST.name, operation=operation) or 0
        yield PendingFacts(address, operation, count, oldest_s)


def _list_calls(recent: Sequence[Samples]) -> tuple[CallFacts, ...]:
    """List the slowest methods of all processes together, and those that were refused anything before the others."""
    name = catalogue.GRPC_REQUESTS_TOTAL.name
    methods = sorted({method for samples in recent for method in samples.list_values(name, "method")})
    calls = [facts for method in methods if (facts := _find_call(recent, method)) is not None]
    calls.sort(key=lambda each: (-each.within_s, not each.refused, -each.count))
    return tuple(calls[:MOST_CALLS])


def _find_call(recent: Sequence[Samples], method: str) -> CallFacts | None:
    within_s = find_within(recent, catalogue.GRPC_REQUEST_SECONDS.name, SHARE, method=method)
    if within_s is None:
        return None
    codes = _merged(one.find_sums(catalogue.GRPC_REQUESTS_TOTAL.name, "code", method=method) for one in recent)
    refused = {code: count for code, count in codes.items() if code != "OK"}
    return CallFacts(method.rpartition("/")[2], sum(codes.values()), within_s, refused)


def _see_node(look: Look, samples: Samples, now_s: float) -> NodeFacts:
    scanned_s = samples.find_sum(catalogue.SCAN_SUCCESS.name)
    recoveries = catalogue.STALE_RECOVERIES_TOTAL.name
    return NodeFacts(
        look.address,
        samples.find_sum(catalogue.NVME_CONNECTIONS_ACTIVE.name),
        samples.find_sum(catalogue.NVME_CONNECTS_TOTAL.name, status=FAILURE) or 0,
        samples.find_sum(catalogue.STALE_MOUNTS_TOTAL.name) or 0,
        samples.find_sum(recoveries, status=SUCCESS) or 0,
        samples.find_sum(recoveries, status=FAILURE) or 0,
        samples.find_sum(catalogue.ORPHANS_TOTAL.name) or 0,
        None if scanned_s is None else max(now_s - scanned_s, 0),
    )


def _merged(many: Iterable[Mapping[str, float]]) -> dict[str, float]:
    merged: dict[str, float] = {}
    for one in many:
        for key, number in one.items():
            merged[key] = merged.get(key, 0) + number
    return merged
