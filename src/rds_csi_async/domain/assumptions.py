"""What the driver takes for true of an appliance that nobody has proven: the list that `rds-csi doctor` works off.

The order is that of trying: what stands on something comes after it. The manual, the schemas of the console's commands
and what people have seen on hardware are behind each; none of that is proof for the box at hand.
"""

from dataclasses import replace
from typing import Final

from rds_csi_async.domain.verdicts import Assumption

FROM_NODE: Final = "--from-node"
FILL_POOL: Final = "--fill-pool"
REBOOT: Final = "a reboot by hand"
_COMES_BACK: Final = "a node that was cut off could come back: do not run the driver here"
_LINES: Final = (
    "the driver's lines mean something else on this RouterOS: do not run it here, and send the transcript in"
)


def _on_disks(*assumptions: Assumption) -> tuple[Assumption, ...]:
    return tuple(replace(each, changes=True) for each in assumptions)


ACCESS: Final = (
    Assumption("connection", "it answers SSH with a pinned host key, and lets the user in", "see the reason beside it"),
    Assumption("version", "RouterOS is 7.21 or newer", "upgrade RouterOS: older ones cannot give an export a name"),
    Assumption(
        "package", "the package rose-storage is installed",
        "install it, unless everything about exports below held without", needed=False,
    ),
    Assumption("pools", "each configured pool is mounted, and is the file system that the settings name",
               "correct slot or fs_uuid in the settings, or mount the pool"),
    Assumption("guard", "`where … mounted` finds a pool that is mounted, and no other", _LINES),
    Assumption("compared", "`free`, as /disk/get gives it, is a number that can be compared", _LINES),
    Assumption("safe-mode", "/safe-mode tells whether somebody holds safe mode", _LINES),
    Assumption("max-sessions", "SSH's max-sessions leaves room for the driver",
               "raise it: /ip/service/set ssh max-sessions=20", needed=False),
)  # fmt: skip

LANGUAGE: Final = (
    Assumption("frame", ":onerror catches an error, and gives its words", _LINES),
    Assumption("error-words", "the words of our own :error come back first", _LINES),
    Assumption("stops", "nothing of a line runs after an error", _LINES),
    Assumption("parser", "of a line that the parser refuses nothing runs, and its words are the reply", _LINES),
    Assumption("quoting", "every character comes back as it was sent", _LINES),
    Assumption("numbers-as-text", "digits in text stay text in JSON", _LINES),
    Assumption("absent", "a property that a row has not is null in JSON", _LINES),
    Assumption("slices", ":pick takes a slice of an array, and :foreach keeps its order", "listings fail: " + _LINES),
    Assumption("long-line", "a line of 16,000 characters is run", "set aside: many pools, or long records, fail"),
    Assumption("long-row", "a row of 12,000 characters comes as one line", "listings of many disks fail"),
    Assumption("long-reply", "a reply of 64 kB comes whole", "listings of many disks fail"),
    Assumption("channels", "the driver's channels can be used at once, and their lines overlap",
               "calls wait for each other, or fail when many come: raise max-sessions; if it holds with that, fine"),
    Assumption("second-connection", "a second connection can be made beside the first",
               "a reconnect waits until the old connection is given up", needed=False),
)  # fmt: skip

WATCHING: Final = (
    Assumption("traffic", "/disk/monitor-traffic tells what goes on at the pools' disks, in forms that can be read",
               "the metrics rds_disk_* are absent, all or some", needed=False),
    Assumption("sensors", "/system/health tells what the sensors show", "the metrics of the hardware are absent",
               needed=False),
)  # fmt: skip

DISKS: Final = _on_disks(
    Assumption("room", "a subvolume (Btrfs) or folder can be made for a file", "no volume can be made"),
    Assumption("add", "a disk is added closed, with all its properties, in one command", "no volume can be made"),
    Assumption("row", "its row shows all that the driver reads", "no volume can be used"),
    Assumption("size", "file-size=<n>M makes exactly n MiB, and `size` tells every byte",
               "sizes cannot be promised: volumes would be refused as too small"),
    Assumption("file-path", "file-path reads as it was written, and /file lists the file without the leading slash",
               "files of removed volumes stay behind"),
    Assumption("thick", "the pool's `free` falls by the whole size at once",
               "the pool is thin: GetCapacity counts what was promised, so keep an eye on the pool itself",
               needed=False),
    Assumption("slot-length", "a slot of 32 characters is kept whole", "no volume can be made: its name has 32"),
    Assumption("slot-over", "a longer slot is refused, not cut", "nothing: the driver makes none", needed=False),
    Assumption("slot-unique", "a slot that is taken is refused, in words that the driver knows",
               "two controllers could make two volumes of one name: run one controller only"),
    Assumption("comment-length", "a comment of 500 bytes is kept whole", "records do not fit: no volume can be made"),
    Assumption("comment-bytes", "every character in a comment comes back as it was sent", "records are damaged"),
    Assumption("comment-match", "`where slot= comment=` finds the very same text, and no other",
               "a change cannot tell whether somebody else came first: do not run the driver here"),
    Assumption("comment-erased", "a comment that was erased has the length 0", "an erased record blocks its volume"),
    Assumption("get-by-id", "/disk/get with an id from text gives the whole row", "listings fail"),
    Assumption("id-kept", "a disk keeps its id when it is changed", "listings begin anew when disks change"),
    Assumption("patterns", "`(comment~… or slot~…)` finds a disk by either", "listings lack volumes"),
    Assumption("proplist", "print detail as-value takes a proplist", "nothing: the driver asks for whole rows",
               needed=False),
    Assumption("grow", "file-size can be raised, and `size` follows at once", "volumes cannot grow"),
)  # fmt: skip

EXPORTS: Final = _on_disks(
    Assumption("export-on", "one set changes comment and name, and opens the export", "no volume can be published"),
    Assumption("export-off", "one set changes the comment, and closes the export", "no volume can be unpublished"),
    Assumption("new-name", "the next opening takes a new name", _COMES_BACK),
    Assumption("allow-host", "nvme-tcp-server-allow-host-name takes a host NQN",
               "nothing: the driver does not set it", needed=False),
    Assumption("grow-exported", "file-size can be raised while exported", "volumes grow only while nobody uses them"),
    Assumption("remove-exported", "a disk can be removed while it is exported", "nothing: the driver closes it first",
               needed=False),
)  # fmt: skip

NODE: Final = tuple(
    Assumption(key, says, if_not, needed, changes=key != "node", only_with=FROM_NODE)
    for key, says, if_not, needed in (
        ("node", "this machine has what a node needs (programs, nvme-tcp)", "install it, or load it", True),
        ("connect", "a node attaches an export, at the size that was asked for", "no volume can be used", True),
        ("growth-seen", "an attached device shows its new size after a rescan", "volumes grow detached only", True),
        ("growth-event", "an attached device shows its new size by itself", "nothing: the driver rescans", False),
        ("close-cuts", "closing an export ends the sessions of hosts that are connected",
         "a node that is cut off keeps writing after a forced detach: fence nodes before you force one", True),
        ("old-name", "an old name is not found any more", _COMES_BACK, True),
        ("allow-host-refuses", "a host that is not the allowed one is refused", "nothing: it is not relied on", False),
        ("remove-connected", "a disk with a host connected can be removed", "nothing: it is closed first", False),
    )
)  # fmt: skip

REMOVAL: Final = _on_disks(
    Assumption("full-pool", "a pool that is full is said to be so, and nothing is made",
               "a full pool is answered as `try again`", only_with=FILL_POOL),
    Assumption("remove", "removing a disk leaves its file", "nothing: the driver removes a file that is there",
               needed=False),
    Assumption("file-gone", "a removed file leaves the listing within 8 seconds", "deletions take several tries"),
    Assumption("place-gone", "a subvolume or folder can be removed", "deleting a volume leaves its folder"),
    Assumption("times", "each verb takes less than a third of the driver's bound for a command",
               "calls time out under load: find out what slows the appliance"),
    Assumption("reboot-order", "after a reboot, exports are back before the port answers",
               "mounts on Linux 6.12 and newer do not survive a reboot: move pods away first",
               needed=False, only_with=REBOOT),
)  # fmt: skip

ASSUMPTIONS: Final = (*ACCESS, *LANGUAGE, *WATCHING, *DISKS, *EXPORTS, *NODE, *REMOVAL)


def chosen(*, probing: bool) -> tuple[Assumption, ...]:
    """Give those that are gone through: without a probe, only those that need no change to find out."""
    return tuple(each for each in ASSUMPTIONS if probing or not each.changes)
