"""An appliance in a dict."""

from dataclasses import dataclass, field, replace

from rds_csi_async.domain.errors import (
    ConflictError,
    DriverError,
    InsufficientCapacityError,
    InvalidRequestError,
    NotReadyError,
    RefusedError,
    UnreachableError,
)
from rds_csi_async.domain.listings import Listing
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.records import is_record
from rds_csi_async.domain.sizes import GIB, MIB
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.ports.deadlines import remaining_s

LONGEST_SLOT = 32
NVME_PORT = 4420


def _one_pool() -> dict[str, Pool]:
    return {"pool1": Pool("pool1", "ext4", 100 * GIB, 100 * GIB)}


@dataclass
class FakeRds:
    """Sits the exam in `tests/contracts/rds.py`, as `RouterOsRds` does.

    The attributes are the world, and a test may change it: `pools` by name, `unmounted` names of them, `volumes` by
    slot, `leftovers` (slots whose file has no disk), `safe_mode`, `reachable`. `calls` names what was asked, in order.
    """

    volumes: dict[str, Volume] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=_one_pool)
    unmounted: set[str] = field(default_factory=set)
    leftovers: set[str] = field(default_factory=set)
    safe_mode: bool = False
    reachable: bool = True
    calls: list[str] = field(default_factory=list)
    _before: DriverError | None = None
    _halfway: DriverError | None = None
    _after: DriverError | None = None
    _skip: int = 0

    def fail_next(self, error: DriverError, *, done: bool = False, half: bool = False, skip: int = 0) -> None:
        """Raise this at the next call, or that after `skip` more: before anything is done, or after all was (`done`).

        With `half` a creation has left its file and made no disk, and a removal the other way round; calls that have
        no such middle fail before anything is done.
        """
        self._before, self._halfway, self._after, self._skip = None, None, None, skip
        if half:
            self._halfway = error
        elif done:
            self._after = error
        else:
            self._before = error

    def heal(self) -> None:
        """Forget the failure that was planned and has not come."""
        self._before = self._halfway = self._after = None

    async def find_volume(self, slot: str) -> Volume | None:
        """See `Rds`."""
        self._begin("find_volume")
        found = self.volumes.get(slot)
        self._ensure_known(found)
        self._end()
        return found

    async def get_listing(self) -> Listing:
        """See `Rds`."""
        self._begin("get_listing")
        ours = [v for v in self.volumes.values() if v.slot.startswith("rds1-") or is_record(v.comment)]
        self._end()
        there = tuple(self._pool(name) for name in self.pools if name not in self.unmounted)
        return Listing(tuple(ours), there, {name: f"pool {name!r} is not mounted" for name in sorted(self.unmounted)})

    async def get_pool(self, name: str) -> Pool:
        """See `Rds`."""
        self._ensure_pool(name)
        self._begin("get_pool")
        self._ensure_mounted(name)
        self._end()
        return self._pool(name)

    async def create_volume(self, new: NewVolume) -> Volume:
        """See `Rds`."""
        self._ensure_pool(new.pool)
        self._ensure_takable(new.slot, new.size_bytes)
        self._begin("create_volume", mutating=True)
        self._ensure_known(self.volumes.get(new.slot))
        if new.slot not in self.volumes:
            self._ensure_room(new.pool, new.size_bytes)
            self._break_off(new.slot)
            self.leftovers.discard(new.slot)
            path = f"/{new.pool}/volumes/{new.slot}.img"
            made = Volume(new.slot, new.pool, path, new.size_bytes, new.comment, "", NVME_PORT, exported=False)
            self.volumes[new.slot] = made
        self._end()
        return self.volumes[new.slot]

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """See `Rds`."""
        if change.size_bytes is not None:
            self._ensure_takable(seen.slot, change.size_bytes)
            if change.size_bytes < seen.size_bytes:
                message = f"{seen.slot} has {seen.size_bytes} bytes: nothing shrinks"
                raise RefusedError(message)
        self._begin("change_volume", mutating=True)
        self._ensure_mounted(seen.pool)
        there = self._as_seen(seen)
        size_bytes = there.size_bytes if change.size_bytes is None else change.size_bytes
        if size_bytes > there.size_bytes:
            self._ensure_room(there.pool, size_bytes - there.size_bytes)
        exported = there.exported if change.exported is None else change.exported
        nqn = there.nqn if change.nqn is None else change.nqn
        changed = replace(there, size_bytes=size_bytes, comment=change.comment, exported=exported, nqn=nqn)
        self.volumes[seen.slot] = changed
        self._end()
        return changed

    async def remove_volume(self, seen: Volume) -> None:
        """See `Rds`."""
        self._begin("remove_volume", mutating=True)
        self._ensure_mounted(seen.pool)
        there = self._as_seen(seen)
        if (there.exported, there.file_path, there.disk_type) != (seen.exported, seen.file_path, "file"):
            raise ConflictError(seen.slot)
        del self.volumes[seen.slot]
        self._break_off(seen.slot)
        self._end()

    async def remove_leftovers(self, slot: str) -> None:
        """See `Rds`."""
        self._begin("remove_leftovers", mutating=True)
        self._ensure_known(None)
        if slot in self.volumes:
            raise ConflictError(slot)
        self.leftovers.discard(slot)
        self._end()

    async def ensure_reachable(self) -> None:
        """See `Rds`."""
        self._begin("ensure_reachable")
        if self.unmounted >= self.pools.keys():
            self._ensure_known(None)
        self._end()

    def _begin(self, call: str, *, mutating: bool = False) -> None:
        self.calls.append(call)
        remaining_s(60)
        self._skip -= 1
        if self._skip < 0:
            self._fail_before(call)
        if not self.reachable:
            message = "the appliance does not answer"
            raise UnreachableError(message)
        if mutating and self.safe_mode:
            message = "safe mode is held"
            raise NotReadyError(message)

    def _fail_before(self, call: str) -> None:
        has_middle = call in {"create_volume", "remove_volume"}
        error, self._before = self._before, None
        if not has_middle:
            error, self._halfway = error or self._halfway, None
        if error is not None:
            raise error

    def _break_off(self, slot: str) -> None:
        if self._skip >= 0:
            return
        error, self._halfway = self._halfway, None
        if error is not None:
            self.leftovers.add(slot)
            raise error

    def _end(self) -> None:
        if self._skip >= 0:
            return
        error, self._after = self._after, None
        if error is not None:
            raise error

    def _pool(self, name: str) -> Pool:
        used = sum(volume.size_bytes for volume in self.volumes.values() if volume.pool == name)
        return replace(self.pools[name], free_bytes=self.pools[name].free_bytes - used)

    def _as_seen(self, seen: Volume) -> Volume:
        there = self.volumes.get(seen.slot)
        if there is None or there.comment != seen.comment:
            raise ConflictError(seen.slot)
        return there

    def _ensure_known(self, found: Volume | None) -> None:
        """Say nothing of what may be on a pool that is missing."""
        if self.unmounted and (found is None or found.pool is None or found.pool in self.unmounted):
            message = f"pool {min(self.unmounted)!r} is not mounted"
            raise NotReadyError(message)

    def _ensure_mounted(self, pool: str | None) -> None:
        if pool in self.unmounted:
            message = f"pool {pool!r} is not mounted"
            raise NotReadyError(message)

    def _ensure_pool(self, name: str) -> None:
        if name not in self.pools:
            message = f"no pool {name!r} is configured"
            raise InvalidRequestError(message)

    def _ensure_takable(self, slot: str, size_bytes: int) -> None:
        if not 0 < len(slot) <= LONGEST_SLOT or size_bytes <= 0 or size_bytes % MIB:
            message = f"{slot!r} with {size_bytes} bytes: at most {LONGEST_SLOT} characters, and whole MiB"
            raise InvalidRequestError(message)

    def _ensure_room(self, pool: str | None, more_bytes: int) -> None:
        if pool is not None and more_bytes > self._pool(pool).free_bytes - self._pool(pool).reserve_bytes:
            message = f"pool {pool!r} is full"
            raise InsufficientCapacityError(message)
