"""Publishing on the node: a staged volume shown to a pod, and taken from it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import PurePosixPath

from rds_csi_async.domain.errors import NotReadyError, RefusedError
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.domain.mounts import PathFact, PathKind, find_mount
from rds_csi_async.domain.node_volumes import NodeVolume, is_stale
from rds_csi_async.domain.paths import parse_path
from rds_csi_async.domain.publications import Publication, PublishRequest, decide_publish, ensure_unpublishable
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.metering import mount_op
from rds_csi_async.services.node_volumes import NodeVolumes


class Mounting:
    """Publishes and unpublishes. `restage` is `Staging.stage`: kubelet may publish upon a stage that is out of date."""

    def __init__(self, ports: NodePorts, restage: Callable[[StageRequest], Awaitable[None]]) -> None:
        self._mounts = ports.mounts
        self._stage_records = ports.stage_records
        self._telemetry = ports.telemetry
        self._restage = restage
        self._volumes = NodeVolumes(ports)

    async def publish(self, request: PublishRequest) -> None:
        """Show the volume at the target path; idempotent. See `decide_publish` for what is refused."""
        request = replace(
            request, staging_path=parse_path(request.staging_path), target_path=parse_path(request.target_path)
        )
        volume, decision = await self._look(request)
        if decision is Publication.RESTAGE:
            await self._stage_again(request, volume)
            volume, decision = await self._look(request)
        if decision is Publication.RESTAGE:
            message = f"{request.volume_id} was staged anew and its device is lost again"
            raise NotReadyError(message)
        if decision is Publication.REMAKE:
            await self._volumes.unmount_all(request.target_path)
        if decision is not Publication.DONE:
            show = self._bind if request.capability.kind == "mount" else self._show_device
            await show(request, volume)

    async def unpublish(self, volume_id: VolumeId | None, target_path: str) -> None:
        """Take the volume from the target path, and the path away; idempotent. Nothing is ever deleted in a directory.

        Raises:
            RefusedError: the id is nobody's and something is mounted there, or what stands there is not ours to remove.

        """
        path = parse_path(target_path)
        if volume_id is None:
            await self._volumes.ensure_nothing_at(path)
            return
        ensure_unpublishable(await self._volumes.observe(volume_id.slot, path), volume_id, path)
        await self._volumes.unmount_all(path)
        await self._remove(path)
        await self._forget_target(volume_id.slot, path)

    async def _look(self, request: PublishRequest) -> tuple[NodeVolume, Publication]:
        volume = await self._volumes.observe(request.volume_id.slot, request.staging_path)
        target = PathFact(PathKind.DIRECTORY)
        if find_mount(volume.mounts, request.target_path) is None:
            target = await self._mounts.inspect(request.target_path)
        return volume, decide_publish(request, volume, target)

    async def _stage_again(self, request: PublishRequest, volume: NodeVolume) -> None:
        if not is_stale(volume):
            await self._restage(request.staging)
            return
        self._telemetry.record_stale_mount_detected()
        try:
            await self._restage(request.staging)
        except BaseException as error:
            self._telemetry.record_stale_recovery(error)
            raise
        self._telemetry.record_stale_recovery(None)

    async def _bind(self, request: PublishRequest, volume: NodeVolume) -> None:
        source, target = request.staging_path, request.target_path
        if request.narrows:
            await self._note_target(request, volume)
        await self._mounts.ensure_directory(target)
        with mount_op(self._telemetry, "bind"):
            await self._mounts.bind(source, target, read_only=request.writes_nothing, options=request.bind_options)
        await self._ensure_shown(request)
        await self._forget_target(request.volume_id.slot, target)  # also what a call noted that was cut off

    async def _ensure_shown(self, request: PublishRequest) -> None:
        """Prove that the pod gets the volume: a directory from which it was unmounted in between binds as well."""
        mounts = await self._mounts.list_mounts()
        staged, shown = find_mount(mounts, request.staging_path), find_mount(mounts, request.target_path)
        if staged is None or shown is None or staged.device_number != shown.device_number:
            await self._volumes.unmount_all(request.target_path)
            message = f"{request.target_path} did not show {request.volume_id}, and was unmounted"
            raise NotReadyError(message)

    async def _show_device(self, request: PublishRequest, volume: NodeVolume) -> None:
        held, path = volume.find_held(request.staging.nqn), request.target_path
        if held is None or not held.device_number:
            message = f"{request.volume_id} has no device to publish"
            raise NotReadyError(message)
        await self._note_target(request, volume)
        await self._mounts.ensure_directory(str(PurePosixPath(path).parent))
        await self._mounts.ensure_block_node(path, held.device_number, read_only=request.writes_nothing)

    async def _note_target(self, request: PublishRequest, volume: NodeVolume) -> None:
        """Write down that something is about to be made at the target path, so that a killed call is found again."""
        record, path = volume.record, request.target_path
        if record is None:
            message = f"{request.volume_id} has no state file on this node: stage it anew"
            raise NotReadyError(message)
        if path not in record.targets:
            await self._stage_records.save(request.volume_id.slot, replace(record, targets=(*record.targets, path)))

    async def _forget_target(self, slot: str, path: str) -> None:
        record = await self._stage_records.find(slot)
        if record is not None and path in record.targets:
            left = tuple(target for target in record.targets if target != path)
            await self._stage_records.save(slot, replace(record, targets=left))

    async def _remove(self, path: str) -> None:
        kind = (await self._mounts.inspect(path)).kind
        if kind is PathKind.DIRECTORY:
            await self._mounts.remove_directory(path)
        elif kind in {PathKind.BLOCK_DEVICE, PathKind.FILE, PathKind.ABSENT}:
            await self._mounts.remove_node(path)  # of which a killed call may have left a draft alone
        else:
            message = f"at {path} stands a {kind}, which no publication makes: it is left alone"
            raise RefusedError(message)
