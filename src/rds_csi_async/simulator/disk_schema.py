"""The table of `/disk`, as of RouterOS 7.21 to 7.24, in the order in which hardware prints it."""

from typing import Final

from rds_csi_async.simulator.menus import Schema
from rds_csi_async.simulator.properties import Form, Property
from rds_csi_async.simulator.values import Value

SLOT_MOST_CHARACTERS: Final = 32  # seen on 7.24.4
NVME_TCP_PORT: Final = 4420
_TYPES: Final = frozenset({
    "raid", "nvme-tcp", "iscsi", "nfs", "smb", "partition", "tmpfs", "ramdisk", "crypted", "sshfs", "file", "hardware",
})  # fmt: skip


def _quoted(name: str, *, settable: bool = False) -> Property:
    return Property(name, Form.QUOTED, settable)


def _switch(name: str, letter: str = "") -> Property:
    return Property(name, Form.BOOL, settable=True, letter=letter)


DISK_SCHEMA: Final = Schema(
    path=("disk",),
    properties=(
        Property("block-device", Form.FLAG, letter="B"),
        Property("mounted", Form.FLAG, letter="M"),
        Property("type", Form.PLAIN, settable=True, choices=_TYPES),
        _quoted("slot", settable=True),
        _quoted("slot-default"),
        _quoted("parent", settable=True),
        _quoted("fs-label"),
        _quoted("fs-uuid"),
        Property("fs", Form.PLAIN),
        _quoted("model"),
        Property("size", Form.COUNT),
        Property("free", Form.COUNT),
        Property("use", Form.PERCENT),
        _quoted("mount-point"),
        _switch("mount-filesystem"),
        _switch("mount-read-only"),
        _switch("compress"),
        Property("sector-size", Form.NUMBER),
        Property("raid-type", Form.PLAIN),
        Property("raid-master", Form.PLAIN),
        Property("raid-member-failed", Form.BOOL, letter="f"),
        _quoted("state"),
        _switch("nvme-tcp-export", "t"),
        Property("nvme-tcp-server-port", Form.NUMBER, settable=True),
        _quoted("nvme-tcp-server-nqn", settable=True),
        _quoted("nvme-tcp-server-allow-host-name", settable=True),
        _switch("iscsi-export", "i"),
        _switch("nfs-sharing", "n"),
        _switch("smb-sharing", "s"),
        _switch("media-sharing", "m"),
        Property("media-interface", Form.PLAIN),
        _switch("swap", "S"),
        Property("file-path", Form.PLAIN, settable=True),
        Property("file-size", Form.SIZE, settable=True),
        Property("file-offset", Form.NUMBER, settable=True),
        _quoted("comment", settable=True),
    ),
    verbs=frozenset({"add", "find", "get", "monitor-traffic", "print", "remove", "set"}),
    columns=("slot", "model", "size", "free", "fs"),
    required=("type",),
    naming="slot",
    copied=frozenset({
        "type", "parent", "mount-filesystem", "mount-read-only", "compress", "nvme-tcp-export", "nvme-tcp-server-port",
        "nvme-tcp-server-allow-host-name", "file-size", "file-offset", "comment",
    }),
)  # fmt: skip

FILE_DISK_DEFAULTS: Final[dict[str, Value]] = {
    "slot-default": "",
    "parent": "",
    "fs": "-",
    "mount-filesystem": True,
    "mount-read-only": False,
    "compress": False,
    "sector-size": 512,
    "raid-master": "none",
    "nvme-tcp-export": False,
    "iscsi-export": False,
    "nfs-sharing": False,
    "smb-sharing": False,
    "media-sharing": False,
    "media-interface": "none",
    "swap": False,
    "file-offset": 0,
}
