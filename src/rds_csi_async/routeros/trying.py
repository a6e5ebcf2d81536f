"""Experiments on a scratch disk: that it can be made and grown, and what becomes of its names and sizes."""

from collections.abc import Mapping
from typing import Final

from rds_csi_async.domain.errors import ConflictError, DriverError, InsufficientCapacityError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.routeros import disks, files
from rds_csi_async.routeros.experiments import Answer, Experiment, Line, Trial, ask_value, judge, set_disk
from rds_csi_async.routeros.pools import ShownPools
from rds_csi_async.routeros.replies import error_of
from rds_csi_async.routeros.scratch import SIZE_BYTES, Scratch, render_place
from rds_csi_async.routeros.syntax import render_row, render_rows, render_text

_THICK_BYTES: Final = 256 * MIB
_LAG_S: Final = (0.0, 0.5, 2.0)  # Btrfs may tell of what it gave away a little later
GROWN_BYTES: Final = 33 * MIB


def _try_room(scratch: Scratch) -> Trial:
    pool = scratch.pool
    count = files.render_count_place(pool, scratch.slot) or [files.render_count_file(scratch.folder)]
    made = [render_place(scratch), ":local xL 0", *count, render_row("count", "$xL")]
    answer = yield Line("make the place for a file", made, changes=True)
    return judge(answer, held=answer.find_number("count") == 1, seen=f"there are {answer.find('count')} of it")


def _try_add(scratch: Scratch) -> Trial:
    answer = yield Line("add a disk", [scratch.render_add(), disks.render_disk(scratch.slot)], changes=True, verb="add")
    shown = answer.list_all("disk")
    return judge(answer, held=len(shown) == 1, seen=f"{len(shown)} disks are there after {answer.duration_s:.2f} s")


def _try_row(scratch: Scratch) -> Trial:
    answer = yield Line("show the disk", [*scratch.render_pick(), disks.render_disk(scratch.slot)], verb="read")
    try:
        volume = disks.parse_volume(answer.find_row("disk"), ShownPools((scratch.pool,)))
    except DriverError as error:
        return judge(answer, held=False, seen=str(error))
    wanted = {"closed": not volume.exported, "of type file": volume.disk_type == "file",
              "on its pool": volume.pool is not None,
              "with its comment": volume.comment == scratch.comment,
              "never mounted": answer.find_row("disk").get("mount-filesystem") in {False, "no", "false"}}  # fmt: skip
    lacking = [name for name, is_so in wanted.items() if not is_so]
    return judge(answer, held=not lacking, seen=f"it is not {', '.join(lacking)}" if lacking else ", ".join(wanted))


def _try_size(scratch: Scratch) -> Trial:
    answer = yield Line("show the disk's size", [*scratch.render_pick(), disks.render_disk(scratch.slot)])
    size, file_size = (answer.find_row("disk").get(name) for name in ("size", "file-size"))
    held = str(size) == str(SIZE_BYTES)
    return judge(answer, held=held, seen=f"{SIZE_BYTES // MIB}M gave size {size}, file-size {file_size}")


def _try_file_path(scratch: Scratch) -> Trial:
    name = scratch.file_name(scratch.slot)
    listed = f'[:len [/file/find where name={render_text(name)} type!="directory"]]'
    statements = [*scratch.render_pick(), files.render_ensure_only_user(name), disks.render_disk(scratch.slot),
                  render_row("listed", listed)]  # fmt: skip
    answer = yield Line("find the disk's file, and the file's disk", statements)
    path, listed_count = answer.find_row("disk").get("file-path"), answer.find_number("listed")
    held = path == f"/{name}" and listed_count == 1
    return judge(answer, held=held, seen=f"file-path is {path}, /file shows it {listed_count} times")


def _try_thick(scratch: Scratch) -> Trial:
    slot, pool = scratch.other("thick"), scratch.pool.settings.slot
    show = render_rows("pool", f"/disk/print detail as-value where slot={render_text(pool)}")
    before = yield Line("show the pool", [show])
    yield Line(
        "add a larger disk", [*scratch.render_pick(), scratch.render_add_other(slot, _THICK_BYTES)], changes=True
    )
    fell = 0
    for pause_s in _LAG_S:
        after = yield Line("show the pool again", [show], pause_s=pause_s)
        fell = _free(before) - _free(after)
        if fell >= _THICK_BYTES * 9 // 10:
            break
    yield Line("remove it", scratch.render_drop(slot), changes=True)
    return Observation(fell >= _THICK_BYTES * 9 // 10, f"a disk of {_THICK_BYTES} bytes took {fell} from free")


def _free(answer: Answer) -> int:
    free = str(answer.find_row("pool").get("free"))
    return int(free) if free.isdigit() else 0


def _try_slot_length(scratch: Scratch) -> Trial:
    slot = f"{scratch.other('long'):x<{disks.LONGEST_SLOT}}"
    return (yield from _try_slot(scratch, slot, is_to_be_kept=True))


def _try_slot_over(scratch: Scratch) -> Trial:
    slot = f"{scratch.other('over'):x<{disks.LONGEST_SLOT + 1}}"
    return (yield from _try_slot(scratch, slot, is_to_be_kept=False))


def _try_slot(scratch: Scratch, slot: str, *, is_to_be_kept: bool) -> Trial:
    words = [*scratch.render_pick(), scratch.render_add_other(slot)]
    answer = yield Line(f"add a disk with a slot of {len(slot)} characters", words, changes=True)
    begins = render_text("^" + slot[: len(scratch.slot) + 3])
    shown = yield Line(
        "look what its slot became", [render_rows("disk", f"/disk/print detail as-value where slot~{begins}")]
    )
    slots = [row.get("slot") for row in shown.list_all("disk") if isinstance(row, dict)]
    yield Line("remove it", [line for one in (slot, *slots) for line in scratch.render_drop(str(one))], changes=True)
    seen = f"{len(slot)} characters became {[len(str(one)) for one in slots]}"
    if answer.failure:
        seen = answer.said
    return Observation(slots == [slot] if is_to_be_kept else not slots and bool(answer.failure), seen)


def _try_slot_unique(scratch: Scratch) -> Trial:
    other = scratch.other("twin")
    words = scratch.render_add_other(other).replace(f"slot={render_text(other)}", f"slot={render_text(scratch.slot)}")
    answer = yield Line("add a second disk with the same slot", [*scratch.render_pick(), words], changes=True)
    path = render_text("/" + scratch.file_name(other))
    clear = [
        f":foreach xK in=[/disk/find where file-path={path}] do={{/disk/remove $xK}}",
        *scratch.render_drop_file(other),
    ]
    yield Line("remove what came of it", clear, changes=True)
    return Observation(
        isinstance(error_of(answer.failure), ConflictError), answer.said if answer.failure else "there were two"
    )


def _try_grow(scratch: Scratch) -> Trial:
    answer = yield set_disk(scratch, "grow the disk", f"file-size={GROWN_BYTES // MIB}M")
    size = answer.find_row("disk").get("size")
    return judge(answer, held=str(size) == str(GROWN_BYTES), seen=f"{GROWN_BYTES // MIB}M gave size {size}")


def _try_full_pool(scratch: Scratch) -> Trial:
    slot, pool = scratch.other("full"), scratch.pool.pool
    wanted = scratch.render_add_other(slot, 2 * pool.size_bytes)
    answer = yield Line("ask for twice the pool", [*scratch.render_pick(), wanted], changes=True)
    left = yield ask_value("look whether something was made", disks.render_count(slot))
    yield Line("remove what came of it", scratch.render_drop(slot), changes=True)
    held = isinstance(error_of(answer.failure), InsufficientCapacityError) and left.find_number("value") == 0
    return Observation(held, answer.said if answer.failure else "it was made")


TRIES: Final[Mapping[str, Experiment]] = {
    "room": _try_room,
    "add": _try_add,
    "row": _try_row,
    "size": _try_size,
    "file-path": _try_file_path,
    "thick": _try_thick,
    "slot-length": _try_slot_length,
    "slot-over": _try_slot_over,
    "slot-unique": _try_slot_unique,
    "grow": _try_grow,
    "full-pool": _try_full_pool,
}
