"""Experiments on a scratch disk: opening it to hosts and closing it, and taking it away again."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Final

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.routeros import disks, files
from rds_csi_async.routeros.experiments import Answer, Experiment, Line, Trial, judge, set_disk
from rds_csi_async.routeros.scratch import Scratch, render_place
from rds_csi_async.routeros.syntax import render_row, render_text

_LARGER_BYTES: Final = 49 * MIB
_PAUSES_S: Final = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)  # as long as the driver waits for a file to go
_ROUNDS: Final = 5
VERBS: Final = ("add", "read", "set", "remove", "file")
_HOST: Final = "nqn.2014-08.org.nvmexpress:uuid:00000000-0000-8000-8000-000000000000"


def open_words(scratch: Scratch, sequence: int, slot: str = "") -> str:
    """Say, in a `set`, what opens a disk under a new name."""
    return (
        f"comment={render_text(f'{scratch.comment} {sequence}')}"
        f" nvme-tcp-server-nqn={render_text(scratch.nqn(sequence, slot))} nvme-tcp-export=yes"
    )


def _close(scratch: Scratch) -> Line:
    return set_disk(scratch, "close the export", f"comment={render_text(scratch.comment)} nvme-tcp-export=no")


def _is_open(answer: Answer, *, open_: bool = True) -> bool:
    return answer.find_row("disk").get("nvme-tcp-export") in (
        {True, "yes", "true"} if open_ else {False, "no", "false"}
    )


def _try_export_on(scratch: Scratch) -> Trial:
    answer = yield set_disk(scratch, "open the export", open_words(scratch, 1))
    row = answer.find_row("disk")
    held = _is_open(answer) and row.get("nvme-tcp-server-nqn") == scratch.nqn(1)
    held = (
        held
        and row.get("comment") == f"{scratch.comment} 1"
        and str(row.get("nvme-tcp-server-port")) == str(scratch.port)
    )
    shown = {name: row.get(f"nvme-tcp-{name}") for name in ("export", "server-port", "server-nqn")}
    return judge(answer, held=held, seen=", ".join(f"{name} {value}" for name, value in shown.items()))


def _try_export_off(scratch: Scratch) -> Trial:
    answer = yield _close(scratch)
    held = _is_open(answer, open_=False) and answer.find_row("disk").get("comment") == scratch.comment
    return judge(answer, held=held, seen=f"export {answer.find_row('disk').get('nvme-tcp-export')}")


def _try_new_name(scratch: Scratch) -> Trial:
    answer = yield set_disk(scratch, "open the export under another name", open_words(scratch, 2))
    nqn = answer.find_row("disk").get("nvme-tcp-server-nqn")
    yield _close(scratch)
    return judge(answer, held=_is_open(answer) and nqn == scratch.nqn(2), seen=f"its name is {nqn}")


def _try_allow_host(scratch: Scratch) -> Trial:
    words = f"nvme-tcp-server-allow-host-name={render_text(_HOST)}"
    kept = render_row("host", "[:tostr [/disk/get ($xI->0) nvme-tcp-server-allow-host-name]]")
    answer = yield set_disk(scratch, "allow one host", words, kept)
    yield set_disk(scratch, "allow all hosts", 'nvme-tcp-server-allow-host-name=""')
    return judge(answer, held=answer.find("host") == _HOST, seen=f"it reads {answer.find('host')!r}")


def _try_grow_exported(scratch: Scratch) -> Trial:
    yield set_disk(scratch, "open the export", open_words(scratch, 3))
    answer = yield set_disk(scratch, "grow the disk while it is exported", f"file-size={_LARGER_BYTES // MIB}M")
    yield _close(scratch)
    size = answer.find_row("disk").get("size")
    return judge(answer, held=_is_open(answer) and str(size) == str(_LARGER_BYTES), seen=f"size {size}")


def _try_remove_exported(scratch: Scratch) -> Trial:
    slot = scratch.other("open")
    pick = scratch.render_pick(slot)
    made = [*scratch.render_pick(), scratch.render_add_other(slot)]
    yield Line("add another disk", made, changes=True)
    opened = yield Line("open it", [*pick, f"/disk/set ($xI->0) {open_words(scratch, 4, slot)}"], changes=True)
    removed = [*pick, "/disk/remove ($xI->0)", render_row("left", disks.render_count(slot))]
    answer = yield Line("remove it while it is open", removed, changes=True)
    yield Line("remove what is left of it", _drop_open(scratch, slot), changes=True)
    if not opened.ok:
        return Observation(None, opened.said)
    return judge(answer, held=answer.find_number("left") == 0, seen=f"{answer.find('left')} were left")


def _drop_open(scratch: Scratch, slot: str) -> list[str]:
    close = f":foreach xK in=[/disk/find where slot={render_text(slot)}] do={{/disk/set $xK nvme-tcp-export=no}}"
    return [close, *scratch.render_drop(slot)]


def _try_remove(scratch: Scratch) -> Trial:
    statements = [
        *scratch.render_pick(),
        "/disk/remove ($xI->0)",
        *_count(scratch),
        render_row("disks", disks.render_count(scratch.slot)),
    ]
    answer = yield Line("remove the disk", statements, changes=True)
    files_left, disks_left = answer.find_number("left"), answer.find_number("disks")
    return judge(
        answer, held=(disks_left, files_left) == (0, 1), seen=f"{disks_left} disks and {files_left} files were left"
    )


def _count(scratch: Scratch) -> list[str]:
    return [":local xL 0", files.render_count_file(scratch.file_name(scratch.slot)), render_row("left", "$xL")]


def _try_file_gone(scratch: Scratch) -> Trial:
    name = scratch.file_name(scratch.slot)
    waited_s = 0.0
    answer = yield Line(
        "remove the file", [files.render_remove_file(name), *_count(scratch)], changes=True, verb="file"
    )
    for pause_s in _PAUSES_S:
        waited_s += pause_s
        if answer.find_number("left") == 0 or answer.failure:
            break
        answer = yield Line("look whether the file has gone", _count(scratch), pause_s=pause_s)
    held = answer.find_number("left") == 0
    return judge(answer, held=held, seen=f"{'not ' if held else 'still '}listed {waited_s:.1f} s after it was removed")


def _try_place_gone(scratch: Scratch) -> Trial:
    yield Line("remove the disk that was opened to a node", _drop_open(scratch, scratch.other("node")), changes=True)
    count = [":local xL 0", *_count_place(scratch), render_row("left", "$xL")]
    answer = yield Line("remove the place", [*_remove_place(scratch), *count], changes=True)
    return judge(answer, held=answer.find_number("left") == 0, seen=f"{answer.find('left')} were left")


def _remove_place(scratch: Scratch) -> list[str]:
    folder = f'/file/find where name={render_text(scratch.folder)} type="directory"'
    return files.render_remove_place(scratch.pool, scratch.slot) or [
        f":foreach xK in=[{folder}] do={{/file/remove $xK}}"
    ]


def _count_place(scratch: Scratch) -> list[str]:
    return files.render_count_place(scratch.pool, scratch.slot) or [files.render_count_file(scratch.folder)]


def _try_times(scratch: Scratch) -> Trial:
    taken: dict[str, list[float]] = {verb: [] for verb in VERBS}
    yield Line("make the place for a file", [render_place(scratch)], changes=True)
    for _ in range(_ROUNDS):
        for line in _one_life(scratch):
            answer = yield line
            if not answer.ok:
                return Observation(None, f"{line.what}: {answer.said}")
            taken[line.verb].append(answer.duration_s)
    yield Line("remove the place", _remove_place(scratch), changes=True)
    middle = {verb: median(times) for verb, times in taken.items()}
    slowest_s = max(middle.values())
    shown = ", ".join(f"{verb} {time_s * 1000:.0f} ms" for verb, time_s in middle.items())
    return Observation(slowest_s < scratch.patience_s, f"{shown} (p50 of {_ROUNDS})")


def _one_life(scratch: Scratch) -> Iterator[Line]:
    name, words = scratch.file_name(scratch.slot), f"comment={render_text(scratch.comment)}"
    yield Line("add a disk", [scratch.render_add()], changes=True, verb="add")
    yield Line("show the disk", [disks.render_disk(scratch.slot)], verb="read")
    yield set_disk(scratch, "change the disk", words)
    yield Line("remove the disk", [*scratch.render_pick(), "/disk/remove ($xI->0)"], changes=True, verb="remove")
    yield Line("remove the file", [files.render_remove_file(name)], changes=True, verb="file")


EXPORT_TRIES: Final[Mapping[str, Experiment]] = {
    "export-on": _try_export_on,
    "export-off": _try_export_off,
    "new-name": _try_new_name,
    "allow-host": _try_allow_host,
    "grow-exported": _try_grow_exported,
    "remove-exported": _try_remove_exported,
    "remove": _try_remove,
    "file-gone": _try_file_gone,
    "place-gone": _try_place_gone,
    "times": _try_times,
}
