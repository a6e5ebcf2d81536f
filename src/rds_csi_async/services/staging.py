"""Staging: a published volume becomes a mounted file system, or an attached block device, on this node; and back."""

from dataclasses import dataclass, replace

from rds_csi_async.domain.connections import Connection, ensure_identity
from rds_csi_async.domain.contexts import encode_publish_context
from rds_csi_async.domain.errors import DeadlineError, DriverError, NotReadyError, RefusedError, StuckError
from rds_csi_async.domain.events import Event, Reason, find_claim
from rds_csi_async.domain.filesystems import Wish
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.domain.mount_options import mount_options
from rds_csi_async.domain.mounts import PathKind, find_mount
from rds_csi_async.domain.node_volumes import NodeVolume, device_numbers, paths_of
from rds_csi_async.domain.paths import parse_path
from rds_csi_async.domain.session_options import encode_session_options
from rds_csi_async.domain.stage_records import Format, StageRecord
from rds_csi_async.domain.staging import StageRequest, Takedown, decide_stage
from rds_csi_async.domain.unstaging import before_staging, decide_unstage, restored, settled
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.metering import mount_op
from rds_csi_async.services.node_volumes import NodeVolumes
from rds_csi_async.services.preparing import Preparing


@dataclass(slots=True)
class _Attempt:
    """One call's own work, as far as it came: what undoing it means."""

    request: StageRequest
    past: StageRecord | None  # the state file as found
    before: StageRecord | None  # the state file to go back to
    began: bool = False
    attaches: bool = False  # the connection is, or may be, this call's
    makes_directory: bool = False
    connection: Connection | None = None


class Staging:
    """Stages and unstages. One volume at a time is the caller's affair (`operations`)."""

    def __init__(self, ports: NodePorts) -> None:
        self._connections = ports.connections
        self._mounts = ports.mounts
        self._filesystems = ports.filesystems
        self._stage_records = ports.stage_records
        self._events = ports.events
        self._telemetry = ports.telemetry
        self._volumes = NodeVolumes(ports)
        self._preparing = Preparing(ports)

    async def stage(self, request: StageRequest) -> None:
        """Stage a volume; idempotent. What an older publication left is taken down first, unless a pod uses it.

        When this fails, what this call did is undone. An error whose outcome is known is raised only when nothing of
        the volume is left on the node: after such an answer kubelet never unstages.
        """
        request = replace(request, staging_path=parse_path(request.staging_path))
        volume = await self._volumes.observe(request.volume_id.slot, request.staging_path)
        plan = decide_stage(request, volume)
        attempt = _Attempt(request, volume.record, before_staging(volume.record, plan.takedown))
        attempt.makes_directory = volume.path.kind is PathKind.ABSENT
        attempt.attaches = volume.find_held(request.nqn) is None
        try:
            await self._volumes.take_down(plan.takedown)
            await (self._complete(attempt, volume) if plan.staged else self._stage_anew(attempt))
        except (StuckError, DeadlineError):
            raise  # what hangs still holds the device, and undoing needs time: the next call looks first
        except DriverError as error:
            self._tell_refusal(request, error)
            await self._give_up(attempt, error)
            raise

    async def unstage(self, volume_id: VolumeId | None, staging_path: str) -> None:
        """Take a volume off the node; idempotent. None is an id of nobody's, of which nothing can be here.

        Raises:
            RefusedError: a pod still uses it, or something else is mounted at the path.

        """
        path = parse_path(staging_path)
        if volume_id is None:
            await self._volumes.ensure_nothing_at(path)
            return
        volume = await self._volumes.observe(volume_id.slot, path)
        await self._volumes.take_down(decide_unstage(volume, path))
        if volume.record is not None:
            await self._volumes.keep_record(volume_id.slot, settled(volume.record))

    async def refresh(self) -> None:
        """Tell the telemetry how many connections there are, as at start."""
        await self._volumes.refresh()

    def _tell_refusal(self, request: StageRequest, error: DriverError) -> None:
        """Tell of what only a person can mend; where the claim is not known, kubelet's own event has to do."""
        subject = find_claim(request.claim)
        if subject is not None and isinstance(error, RefusedError):
            self._events.announce(Event(subject, Reason.MOUNT_FAILURE, str(error)))

    async def _stage_anew(self, attempt: _Attempt) -> None:
        request = attempt.request
        capability, mounting = request.capability, request.capability.kind == "mount"
        options: tuple[str, ...] = ()
        if mounting:
            options = mount_options(capability.file_system, capability.mount_options, read_only=request.read_only)
        record = _intent(request, attempt.past)
        attempt.began = True
        await self._stage_records.save(request.volume_id.slot, record)
        await self._mounts.ensure_directory(request.staging_path)
        connection = attempt.connection = await self._volumes.connect(request.target)
        record = _staged_from(record, connection)
        if mounting:
            await self._mount(attempt, connection, record, options)
        else:
            ensure_identity(connection, await self._connections.find(connection.nqn))
            await self._mounts.ensure_access(connection.device, read_only=request.read_only)
            await self._stage_records.save(request.volume_id.slot, record)

    async def _mount(
        self, attempt: _Attempt, connection: Connection, record: StageRecord, options: tuple[str, ...]
    ) -> None:
        request, slot = attempt.request, attempt.request.volume_id.slot
        context, file_system = request.context, record.file_system
        wish = Wish(file_system, request.read_only, context.first_use, context.sole_node, attempt.past, request.making)
        made = await self._preparing.ensure_file_system(slot, connection, wish, record)
        ensure_identity(connection, await self._connections.find(connection.nqn))
        if not made:
            await self._stage_records.save(slot, _with_finished_format(record))
        with mount_op(self._telemetry, "mount"):
            await self._mounts.mount(connection.device, request.staging_path, file_system, options)
        await self._ensure_mounted(request.staging_path, connection)
        if not made:
            await self._grow(request, connection)

    async def _ensure_mounted(self, path: str, connection: Connection) -> None:
        """Prove that the volume is where it will be looked for."""
        mount = find_mount(await self._mounts.list_mounts(), path)
        if mount is None or mount.device_number != connection.device_number:
            there = "nothing" if mount is None else mount.source
            message = f"{connection.device} was mounted at {path}, and {there} is what the mount table shows there"
            raise NotReadyError(message)

    async def _complete(self, attempt: _Attempt, volume: NodeVolume) -> None:
        """Finish what an earlier call for the same stage left undone, if anything."""
        request = attempt.request
        held = volume.find_held(request.nqn)
        connection = None if held is None else held.connection
        record = _with_finished_format(_staged_from(_intent(request, attempt.past), connection))
        if record != volume.record:
            await self._stage_records.save(request.volume_id.slot, record)
        if connection is not None and connection.live and request.capability.kind == "mount":
            await self._grow(request, connection)

    async def _grow(self, request: StageRequest, connection: Connection) -> None:
        """Let the file system have all of a device that was grown, or restored larger, while it was not mounted."""
        if not request.read_only:
            file_system = request.capability.file_system or ""
            with mount_op(self._telemetry, "grow"):
                await self._filesystems.grow(connection.device, request.staging_path, file_system)

    async def _give_up(self, attempt: _Attempt, error: DriverError) -> None:
        """Undo what this call did, and let an answer be final only when nothing is left.

        Raises:
            NotReadyError: something is left, or may be, and `error` is one that would be taken as final.

        """
        try:
            await self._undo(attempt)
            left = await self._describe_left(attempt.request)
        except DriverError as failure:
            left = f"undoing failed ({failure})"
        if left and error.outcome_known:
            message = f"{error}; {left}"
            raise NotReadyError(message) from error

    async def _undo(self, attempt: _Attempt) -> None:
        if not attempt.began:
            return
        request, slot = attempt.request, attempt.request.volume_id.slot
        volume = await self._volumes.observe(slot, request.staging_path)
        numbers = device_numbers(volume) if attempt.attaches else frozenset[str]()
        own = {attempt.connection.device_number} if attempt.attaches and attempt.connection else set[str]()
        seen = [request.staging_path] if find_mount(volume.mounts, request.staging_path) else []
        paths = dict.fromkeys([*seen, *paths_of(volume, own)])  # what this call attached nobody else has mounted
        nqns = (request.nqn,) if attempt.attaches else ()
        await self._volumes.take_down(Takedown(tuple(paths), numbers, (), nqns))
        if attempt.makes_directory:
            await self._mounts.remove_directory(request.staging_path)
        await self._volumes.keep_record(slot, restored(attempt.before, volume.record))

    async def _describe_left(self, request: StageRequest) -> str:
        volume = await self._volumes.observe(request.volume_id.slot, request.staging_path)
        names = [str(held.nqn) for held in volume.held]
        if find_mount(volume.mounts, request.staging_path) is not None:
            names.append(request.staging_path)
        return f"{' and '.join(names)} still there" if names else ""


def _intent(request: StageRequest, past: StageRecord | None) -> StageRecord:
    """Give the state file to write before anything is done."""
    capability = request.capability
    return StageRecord(
        str(request.volume_id),
        request.nqn,
        request.context.nqn.sequence,
        capability.kind,
        capability.file_system or "",
        request.staging_path,
        request.read_only,
        Format.NOT_BY_US if past is None else past.format,
        past.targets if past is not None and past.nqn == request.nqn else (),
        mode=capability.mode.value,
        options=capability.mount_options,
        context=encode_publish_context(request.context),
        claim=request.claim,
        session=encode_session_options(request.session),
    )


def _staged_from(record: StageRecord, connection: Connection | None) -> StageRecord:
    device, number = ("", "") if connection is None else (connection.device, connection.device_number)
    return replace(record, device=device, device_number=number)


def _with_finished_format(record: StageRecord) -> StageRecord:
    """Take note that the file system which this node was making turned out to be whole."""
    return replace(record, format=Format.FORMATTED) if record.format is Format.FORMATTING else record
