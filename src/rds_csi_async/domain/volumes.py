"""What the appliance holds for us, and what may be done to it."""

from dataclasses import dataclass, replace

from rds_csi_async.domain.errors import (
    BusyError,
    ConflictError,
    IncompatibleVolumeError,
    InsufficientCapacityError,
    NotGrownError,
    RefusedError,
    SizeOutOfRangeError,
)
from rds_csi_async.domain.identifiers import VolumeId, find_nqn
from rds_csi_async.domain.making import PLAIN, MakeOptions
from rds_csi_async.domain.pools import Capacity
from rds_csi_async.domain.records import Record, decode_record
from rds_csi_async.domain.session_options import AS_THE_NODE, SessionOptions
from rds_csi_async.domain.sizes import SizeRange, decide_size_bytes, fits


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume as the appliance showed it just now."""

    slot: str
    pool: str | None  # the configured pool that its file lies in; None: some other place
    file_path: str
    size_bytes: int  # exact: the appliance's `size`, never its rounded `file-size`
    comment: str  # the record as written, for "change only if it is still this"
    nqn: str
    port: int
    exported: bool
    disk_type: str = "file"

    @property
    def is_at_own_path(self) -> bool:
        """Its file lies where this driver puts it (`routeros.pools`), so that it was this driver's once.

        Which folder it is may have been another setting then. A path that goes up, or is not written plainly, was
        written by somebody else, and may lead out of the pool.
        """
        plain = not {"", ".", ".."} & set(self.file_path.strip("/").split("/"))
        own = self.file_path.endswith((f"/{self.slot}/disk.img", f"/{self.slot}.img"))
        return plain and own and self.pool is not None

    def record(self) -> Record | None:
        """Read the record; None when somebody erased it.

        Raises:
            RefusedError: it is damaged or of a newer driver.

        """
        return decode_record(self.comment)


@dataclass(frozen=True, slots=True)
class NewVolume:
    """A volume to make; born closed."""

    slot: str
    pool: str
    size_bytes: int
    comment: str


@dataclass(frozen=True, slots=True)
class Change:
    """What to make of a volume, in one command together with its next record; None leaves a thing as it is."""

    comment: str
    size_bytes: int | None = None
    exported: bool | None = None
    nqn: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a CreateVolume call asks for, once it is understood."""

    volume_id: VolumeId
    pool: str
    owner: str
    name_hash: str
    kind: str  # mount or block
    size: SizeRange
    smallest_bytes: int
    title: str = ""  # namespace/name, for people
    making: MakeOptions = PLAIN
    session: SessionOptions = AS_THE_NODE


def decide_new(claim: Claim, capacity: Capacity, writer: str) -> tuple[int, Record]:
    """Choose size and first record of a volume that is not there yet.

    Raises:
        SizeOutOfRangeError: no size satisfies the request.
        InsufficientCapacityError: the pool has not so much left.
        BusyError: it may have, when it is known what became of others that are being made.

    """
    size_bytes = decide_size_bytes(claim.size, smallest_bytes=claim.smallest_bytes)
    _ensure_settled(size_bytes, capacity)
    if size_bytes > capacity.available_bytes:
        message = f"pool {claim.pool!r} has {capacity.available_bytes} bytes left; {size_bytes} are needed"
        raise InsufficientCapacityError(message)
    record = Record(claim.owner, claim.name_hash, claim.size.required_bytes, claim.kind, 1, writer, claim=claim.title)
    return size_bytes, record


def ensure_satisfies(volume: Volume, claim: Claim) -> None:
    """Take a volume that is there for the one that is asked for, or say in what it differs.

    Raises:
        IncompatibleVolumeError: it is another one (CSI 1.12, CreateVolume: ALREADY_EXISTS).
        RefusedError: its record is gone or unreadable, so nobody can tell what it is.

    """
    record = volume.record()
    if record is None or volume.disk_type != "file":
        message = f"disk {volume.slot} is there without its record; restore its comment, or rename the disk"
        raise RefusedError(message)
    facts = {
        "owner": (record.owner, claim.owner),
        "name": (record.name_hash, claim.name_hash),
        "kind": (record.kind, claim.kind),
        "pool": (volume.pool, claim.pool),
    }
    different = [f"{what} is {is_!r}, not {asked!r}" for what, (is_, asked) in facts.items() if is_ != asked]
    if not fits(volume.size_bytes, claim.size) or volume.size_bytes < claim.smallest_bytes:
        asked = replace(claim.size, required_bytes=max(claim.size.required_bytes, claim.smallest_bytes))
        different.append(f"it has {volume.size_bytes} bytes, and {asked} are asked for")
    if different:
        message = f"volume {claim.volume_id} exists, but {'; '.join(different)}"
        raise IncompatibleVolumeError(message)


def ensure_ours(volume: Volume, owner: str) -> Record:
    """Touch only a file-backed disk whose record says that it is this cluster's.

    Raises:
        RefusedError: it is somebody else's, or nobody can tell.

    """
    record = volume.record()
    if record is None or record.owner != owner or volume.disk_type != "file" or volume.pool is None:
        whose = "no record" if record is None else f"owner {record.owner!r}, type {volume.disk_type!r}"
        message = (
            f"disk {volume.slot} ({whose}, file {volume.file_path!r}) is not this cluster's: nothing was done to it"
        )
        raise RefusedError(message)
    return record


def ensure_deletable(volume: Volume, owner: str) -> None:
    """Delete only what is ours, whose record was never lost, and that nobody holds or can reach.

    Raises:
        RefusedError: one of these does not hold.

    """
    record = ensure_ours(volume, owner)
    if record.erased_once:
        message = f"the record of {volume.slot} was once erased by hand: delete the disk by hand too, if it is to go"
        raise RefusedError(message)
    if record.holders or volume.exported:
        nodes = ", ".join(holder.node_id for holder in record.holders) or "somebody (its export is on)"
        message = f"volume {volume.slot} is still published to {nodes}; unpublish it first"
        raise RefusedError(message)


def decide_growth(volume: Volume, wanted: SizeRange, capacity: Capacity | None) -> int | None:
    """Choose the size to grow to; None when the volume is large enough. Nothing ever shrinks.

    Without a capacity there is no room.

    Raises:
        SizeOutOfRangeError: the limit is below what is there, or the pool has not so much left (CSI 1.12 names no other
            code here).
        BusyError: it may have, when it is known what became of others that are being made.

    """
    if wanted.limit_bytes is not None and volume.size_bytes > wanted.limit_bytes:
        message = f"{volume.slot} has {volume.size_bytes} bytes; the limit is {wanted.limit_bytes}, and nothing shrinks"
        raise SizeOutOfRangeError(message)
    if volume.size_bytes >= wanted.required_bytes:
        return None
    capacity = capacity or Capacity(0, 0)
    size_bytes = decide_size_bytes(wanted, smallest_bytes=volume.size_bytes)
    _ensure_settled(size_bytes - volume.size_bytes, capacity)
    if size_bytes - volume.size_bytes > capacity.available_bytes:
        message = f"growing {volume.slot} to {size_bytes} bytes needs more than the {capacity.available_bytes} left"
        raise SizeOutOfRangeError(message)
    return size_bytes


def _ensure_settled(more_bytes: int, capacity: Capacity) -> None:
    if capacity.available_bytes < more_bytes <= capacity.available_bytes + capacity.claimed_bytes:
        message = (
            f"{more_bytes} bytes are needed; {capacity.available_bytes} are left, and {capacity.claimed_bytes} go to"
            " volumes that are being made: come back when they are"
        )
        raise BusyError(message)


def ensure_changed(volume: Volume, change: Change) -> None:
    """Believe a change only when the volume, read afterwards, shows it.

    Raises:
        ConflictError: it shows something else: another writer came between.

    """
    shown = (volume.comment, volume.exported, volume.nqn)
    meant = (
        change.comment,
        volume.exported if change.exported is None else change.exported,
        volume.nqn if change.nqn is None else change.nqn,
    )
    if shown != meant:
        message = (
            f"another writer came between the change of {volume.slot} and the look at it: it shows {shown}, not {meant}"
        )
        raise ConflictError(message)


def ensure_grown(volume: Volume, size_bytes: int) -> None:
    """Believe a growth only when the volume, read afterwards, shows it."""
    if volume.size_bytes < size_bytes:
        message = f"{volume.slot} is {volume.size_bytes} bytes after growing to {size_bytes}"
        raise NotGrownError(message)


def last_sequence(volume: Volume) -> int:
    """Give the highest publish sequence that the volume itself shows, whatever became of its record."""
    nqn = find_nqn(volume.nqn)
    record = volume.record()
    return max(nqn.sequence if nqn else 0, record.sequence if record else 0)
