"""The quirks there are, each named after what does not hold with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from rds_csi_async.simulator.failures import DISK_IN_USE, NOT_ENOUGH_SPACE, SLOT_TAKEN, Failure, refuse_argument
from rds_csi_async.simulator.menus import Path, Row
from rds_csi_async.simulator.quirks import Quirk, Values, Write
from rds_csi_async.simulator.settings import ChannelOverflow
from rds_csi_async.simulator.values import Value, render_value

_DISK: Final = ("disk",)
_PLACES: Final = (("disk", "btrfs", "subvolume"), ("file",))
_SHORT_LINE: Final = 8_000
_SHORT_ROW: Final = 4_096
_SHORT_REPLY: Final = 30_000
_SHORT_SLOT: Final = 30
_MOST_SLOT: Final = 32
_SHORT_COMMENT: Final = 255
_COARSE_BYTES: Final = 16 << 20
_IS_UNBALANCED: Final = re.compile(r"\([^()]*$")


def _replaces(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def _matches(pattern: str, new: str) -> Callable[[str], str]:
    return partial(re.compile(pattern).sub, new)


def _shows(path: Path, name: str, change: Callable[[Row], Value | None]) -> Quirk:
    """Show another value of a property, or none."""

    def shows(shown: Path, row: Row) -> Row | None:
        if shown != path:
            return row
        value = change(row)
        return {**row, name: value} if value is not None else {key: row[key] for key in row if key != name}

    return Quirk(shows=shows)


def _built(**changes: Any) -> Quirk:  # noqa: ANN401 - a setting may be of any type
    return Quirk(settings=lambda settings: replace(settings, **changes))


def _takes(name: str, change: Callable[[Write], Value | None], verbs: str = "add set") -> Quirk:
    """Take another value of a disk's property than was given, or none."""

    def takes(write: Write) -> Values | None:
        if write.path != _DISK or write.verb not in verbs.split() or name not in write.values:
            return write.values
        value = change(write)
        kept = {key: given for key, given in write.values.items() if key != name}
        return kept if value is None else {**kept, name: value}

    return Quirk(takes=takes)


def _refuses(applies: Callable[[Write], bool], text: str) -> Quirk:
    def takes(write: Write) -> Values | None:
        if applies(write):
            raise Failure(text)
        return write.values

    return Quirk(takes=takes)


def _once(applies: Callable[[Write], bool]) -> Quirk:
    """Do nothing the first time that something of a name is asked for."""
    seen: set[str] = set()

    def takes(write: Write) -> Values | None:
        name = render_value(write.row.get("name", ""))
        if not applies(write) or name in seen:
            return write.values
        seen.add(name)
        return None

    return Quirk(takes=takes)


def _text(write: Write, name: str) -> str:
    return render_value(write.values[name])


def _number(write: Write, name: str) -> int:
    value = write.values[name]
    return value if isinstance(value, int) else 0


def _is_exported(write: Write) -> bool:
    return write.path == _DISK and write.row.get("nvme-tcp-export") is True


def _hide_package(path: Path, row: Row) -> Row | None:
    return None if path == ("system", "package") and row["name"] == "rose-storage" else row


def _old_nqn(write: Write) -> Value | None:
    """Keep a name that was given once."""
    return write.row.get("nvme-tcp-server-nqn", write.values["nvme-tcp-server-nqn"])


def _cut_unbalanced(line: str) -> str:
    """Run what stands before the command with the error."""
    return line.rpartition(";")[0] if _IS_UNBALANCED.search(line) else line


def _broken_rows(text: str) -> str:
    return "\r\n".join(
        line[start : start + _SHORT_ROW]
        for line in text.split("\r\n")
        for start in range(0, len(line) or 1, _SHORT_ROW)
    )


def _refuse_host(_write: Write) -> Value | None:
    refuse_argument("nvme-tcp-server-allow-host-name")


_REMOVED: Final = r"/disk/remove (\(\$xI->0\))"
_REMOVE_ALL: Final = (
    r":local xQ [/disk/get \1 file-path];/disk/remove \1;"
    r":foreach xR in=[/file/find where name=[:pick $xQ 1 999]] do={/file/remove $xR}"
)

_QUIRKS: Final[Mapping[str, Callable[[], Quirk]]] = {
    "version": lambda: _built(version="7.20.8 (long-term)"),
    "package": lambda: Quirk(shows=_hide_package),
    "pools": lambda: _shows(_DISK, "fs-uuid", lambda _row: None),
    "guard": lambda: Quirk(line=_replaces(" mounted]", " is-mounted]")),
    "compared": lambda: _shows(_DISK, "free", lambda row: render_value(row["free"]) if "free" in row else None),
    "safe-mode": lambda: _shows(("safe-mode",), "enabled", lambda _row: "unknown"),
    "max-sessions": lambda: _built(most_sessions=4),
    "frame": lambda: Quirk(line=_replaces(":onerror ", ":when-error ")),
    "error-words": lambda: Quirk(line=_matches(r':error ("[^"]*")', r':error ("script: " . \1)')),
    "stops": lambda: Quirk(line=_matches(r'do=\{:error ("[^"]*")\}', r"do={:put \1}")),
    "parser": lambda: Quirk(line=_cut_unbalanced),
    "quoting": lambda: Quirk(line=_replaces(r"\7F", r"\3F")),
    "numbers-as-text": lambda: Quirk(line=_replaces("options=json.no-string-conversion ", "")),
    "absent": lambda: Quirk(reply=_replaces(":null", ':"(none)"')),
    "slices": lambda: Quirk(line=_matches(r"\[:pick (\S+) (\d+) (\S+)\]", r"[:pick \1 \2 (\3 + 1)]")),
    "long-line": lambda: Quirk(line=lambda line: line[:_SHORT_LINE]),
    "long-row": lambda: Quirk(reply=_broken_rows),
    "long-reply": lambda: Quirk(reply=lambda text: text[:_SHORT_REPLY]),
    "traffic": lambda: Quirk(reply=_replaces("bps", " bits each second")),
    "sensors": lambda: _shows(("system", "health"), "type", lambda _row: ""),
    "channels": lambda: _built(most_channels=1, channel_overflow=ChannelOverflow.WAIT),
    "second-connection": lambda: _built(most_sessions=1),
    "room": lambda: _refuses(lambda write: write.path in _PLACES and write.verb == "add", "failure: not supported"),
    "add": lambda: _refuses(
        lambda write: write.path == _DISK and write.verb == "add" and "nvme-tcp-export" in write.values,
        "failure: set nvme-tcp-export later",
    ),
    "row": lambda: _takes("mount-filesystem", lambda _write: True),
    "size": lambda: _takes("file-size", lambda write: _number(write, "file-size") // _COARSE_BYTES * _COARSE_BYTES),
    "file-path": lambda: _shows(_DISK, "file-path", lambda row: render_value(row.get("file-path", "")).lstrip("/")),
    "thick": lambda: _shows(_DISK, "free", lambda row: row.get("size") if "free" in row else None),
    "slot-length": lambda: _takes("slot", lambda write: _text(write, "slot")[:_SHORT_SLOT]),
    "slot-over": lambda: _takes("slot", lambda write: _text(write, "slot")[:_MOST_SLOT]),
    "slot-unique": lambda: Quirk(words=_replaces(SLOT_TAKEN, "failure: this slot can not be used")),
    "comment-length": lambda: _takes("comment", lambda write: _text(write, "comment")[:_SHORT_COMMENT]),
    "comment-bytes": lambda: _takes("comment", lambda write: _text(write, "comment").replace("\r", "")),
    "comment-match": lambda: Quirk(line=_matches(r'(where slot="[^"]*") comment="[^"]*"', r"\1")),
    "comment-erased": lambda: _takes("comment", lambda write: _text(write, "comment") or "none"),
    "get-by-id": lambda: Quirk(line=_replaces("[:toid ", "[:tonum ")),
    "id-kept": lambda: Quirk(renumbers=True),
    "patterns": lambda: Quirk(line=_replaces(" or slot~", " and slot~")),
    "proplist": lambda: Quirk(line=_replaces(" proplist=slot,size", "")),
    "grow": lambda: _takes("file-size", lambda _write: None, "set"),
    "export-on": lambda: _takes("nvme-tcp-server-nqn", lambda _write: None),
    "export-off": lambda: _takes("nvme-tcp-export", lambda write: write.values["nvme-tcp-export"] or None, "set"),
    "new-name": lambda: _takes("nvme-tcp-server-nqn", _old_nqn),
    "allow-host": lambda: _takes("nvme-tcp-server-allow-host-name", _refuse_host),
    "grow-exported": lambda: _refuses(lambda write: _is_exported(write) and "file-size" in write.values, DISK_IN_USE),
    "remove-exported": lambda: _refuses(lambda write: _is_exported(write) and write.verb == "remove", DISK_IN_USE),
    "full-pool": lambda: Quirk(words=_replaces(NOT_ENOUGH_SPACE, "failure: could not create file")),
    "remove": lambda: Quirk(line=_matches(_REMOVED, _REMOVE_ALL)),
    "file-gone": lambda: _once(lambda write: write.verb == "remove" and write.path == ("file",)),
    "place-gone": lambda: _once(lambda write: write.verb == "remove" and write.path in _PLACES and _is_place(write)),
    "times": lambda: Quirk(line=_replaces("/disk/add ", ":delay 500ms;/disk/add ")),
}
QUIRKS: Final = tuple(_QUIRKS)


def make_quirk(name: str) -> Quirk:
    """Make a quirk of this name."""
    return _QUIRKS[name]()


def _is_place(write: Write) -> bool:
    return write.path != ("file",) or write.row.get("type") == "directory"
