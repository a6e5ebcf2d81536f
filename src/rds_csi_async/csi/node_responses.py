"""What the node answers: domain to wire."""

from collections.abc import Iterable

from rds_csi_async.csi import wire
from rds_csi_async.domain.filesystems import Usage
from rds_csi_async.domain.findings import VolumeStats

_BYTES = wire.VolumeUsageUnit.from_string("BYTES")
_INODES = wire.VolumeUsageUnit.from_string("INODES")


def measured(stats: VolumeStats) -> wire.NodeGetVolumeStatsResponse:
    """Tell how full a volume is, as far as is known, and how it fares. Of a block device only the size can be told."""
    condition = wire.VolumeCondition(stats.condition.abnormal, stats.condition.message)
    if stats.usage is not None:
        return wire.NodeGetVolumeStatsResponse(_usage(stats.usage), condition)
    size = [] if stats.size_bytes is None else [wire.VolumeUsage(total=stats.size_bytes, unit=_BYTES)]
    return wire.NodeGetVolumeStatsResponse(size, condition)


def node_capabilities(names: Iterable[str]) -> wire.NodeGetCapabilitiesResponse:
    """Tell what the node can do, by the protocol's names."""
    kinds = [wire.NodeServiceCapabilityRpcType.from_string(name) for name in names]
    rpcs = [wire.NodeServiceCapabilityRpc(kind) for kind in kinds]
    return wire.NodeGetCapabilitiesResponse([wire.NodeServiceCapability(rpc=rpc) for rpc in rpcs])


def _usage(usage: Usage) -> list[wire.VolumeUsage]:
    """Tell bytes and inodes; Btrfs has no number of inodes, so none is told (statfs(2), `f_files` 0)."""
    space = wire.VolumeUsage(usage.available_bytes, usage.total_bytes, usage.used_bytes, _BYTES)
    if not usage.total_inodes:
        return [space]
    return [space, wire.VolumeUsage(usage.free_inodes, usage.total_inodes, usage.used_inodes, _INODES)]
