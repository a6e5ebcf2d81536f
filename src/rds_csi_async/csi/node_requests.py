"""What the node is asked for: wire to domain, everything checked, nothing decided.

A volume id that is none of this driver's becomes None: nothing of such a volume can be here, and what that means is
for each service to say.
"""

from rds_csi_async.csi import wire
from rds_csi_async.csi.capabilities import parse_required, parse_supported
from rds_csi_async.csi.presence import find_sent
from rds_csi_async.domain.contexts import decode_publish_context
from rds_csi_async.domain.errors import InvalidRequestError, RefusedError, VolumeNotFoundError
from rds_csi_async.domain.identifiers import Host, VolumeId, cluster_tag, find_volume_id
from rds_csi_async.domain.making import with_discard
from rds_csi_async.domain.paths import parse_path
from rds_csi_async.domain.publications import PublishRequest
from rds_csi_async.domain.sizes import SizeRange, parse_size_range
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.domain.volume_contexts import decode_volume_context


def parse_stage_request(request: wire.NodeStageVolumeRequest, cluster_id: str, host: Host) -> StageRequest:
    """Read what is to be staged, on the node that introduces itself as `host`.

    Raises:
        InvalidRequestError: the request is not whole, or its context is not the one that was made for this node.
        VolumeNotFoundError, RefusedError: the volume is none of this driver's, or another cluster's.

    """
    parse_required(request.volume_id, "volume_id")
    parse_required(request.staging_target_path, "staging_target_path")
    capability = parse_supported(request.volume_capability)
    staging_path = parse_path(request.staging_target_path)
    volume_id = _get_own_id(request.volume_id, cluster_id)
    told = decode_volume_context(request.volume_context)
    context = decode_publish_context(request.publish_context, volume_id, host)
    use = with_discard(capability, told.making)
    return StageRequest(volume_id, staging_path, use, context, told.claim, told.making, told.session)


def parse_publish_request(request: wire.NodePublishVolumeRequest, cluster_id: str, host: Host) -> PublishRequest:
    """Read what is to be shown to a pod, and where.

    Raises:
        RefusedError: no staging path was said (CSI 1.12, NodePublishVolume: FAILED_PRECONDITION); else as above.

    """
    parse_required(request.volume_id, "volume_id")
    parse_required(request.target_path, "target_path")
    capability = parse_supported(request.volume_capability)
    target_path = parse_path(request.target_path)
    if not request.staging_target_path:
        message = "staging_target_path is missing: the volume has to be staged first"
        raise RefusedError(message)
    staging_path = parse_path(request.staging_target_path)
    volume_id = _get_own_id(request.volume_id, cluster_id)
    told = decode_volume_context(request.volume_context)
    context = decode_publish_context(request.publish_context, volume_id, host)
    use = with_discard(capability, told.making)
    return PublishRequest(
        volume_id, staging_path, target_path, use, context, request.readonly, told.claim, told.making, told.session
    )


def parse_unstage_request(request: wire.NodeUnstageVolumeRequest) -> tuple[VolumeId | None, str]:
    """Read which volume is to go, and from where."""
    parse_required(request.volume_id, "volume_id")
    path = parse_path(parse_required(request.staging_target_path, "staging_target_path"))
    return find_volume_id(request.volume_id), path


def parse_unpublish_request(request: wire.NodeUnpublishVolumeRequest) -> tuple[VolumeId | None, str]:
    """Read which volume is to go, and from where."""
    parse_required(request.volume_id, "volume_id")
    path = parse_path(parse_required(request.target_path, "target_path"))
    return find_volume_id(request.volume_id), path


def parse_stats_request(request: wire.NodeGetVolumeStatsRequest) -> tuple[VolumeId | None, str]:
    """Read which volume is to be measured, and where."""
    parse_required(request.volume_id, "volume_id")
    return find_volume_id(request.volume_id), _parse_volume_path(request.volume_path)


def parse_expand_request(request: wire.NodeExpandVolumeRequest) -> tuple[VolumeId | None, str, SizeRange | None]:
    """Read which volume was grown, where it is, and to what size; None: to whatever the appliance made of it.

    The capability that may come with it is not looked at: the node knows what it mounted.
    """
    parse_required(request.volume_id, "volume_id")
    path = _parse_volume_path(request.volume_path)
    size = find_sent(request.capacity_range)
    if size is None or not (size.required_bytes or size.limit_bytes):
        return find_volume_id(request.volume_id), path, None
    checked = parse_size_range(size.required_bytes, size.limit_bytes)
    return find_volume_id(request.volume_id), path, SizeRange(size.required_bytes, checked.limit_bytes)


def _parse_volume_path(text: str) -> str:
    """Take the path at which a volume is said to be; where no volume can be, there is none (CSI 1.12: NOT_FOUND)."""
    parse_required(text, "volume_path")
    try:
        return parse_path(text)
    except InvalidRequestError as error:
        message = f"no volume is at {text[:200]!r}: {error}"
        raise VolumeNotFoundError(message) from error


def _get_own_id(text: str, cluster_id: str) -> VolumeId:
    volume_id = find_volume_id(text)
    if volume_id is None:
        message = f"there is no volume {text[:200]!r}"
        raise VolumeNotFoundError(message)
    if volume_id.cluster_tag != cluster_tag(cluster_id):
        message = f"volume {volume_id} belongs to another cluster: nothing was done to it"
        raise RefusedError(message)
    return volume_id
