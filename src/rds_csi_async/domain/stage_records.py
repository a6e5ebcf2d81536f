"""The node's state file of one volume: what this node did with it, and is in the middle of doing.

One JSON object, versioned (`v` 1), its keys the fields of `StageRecord`. It is written before what it announces is
done, so that a killed driver finds its own half-done work.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from rds_csi_async.domain.errors import HostError

VERSION = 1
_KINDS = {
    "sequence": int,
    "read_only": bool,
    "targets": list,
    "options": list,
    "context": dict,
    "session": dict,
}  # all else is text


class Format(StrEnum):
    """How far this node came with making the file system."""

    NOT_BY_US = ""
    FORMATTING = "formatting"
    FORMATTED = "formatted"


@dataclass(frozen=True, slots=True)
class StageRecord:
    """A volume as this node staged it."""

    volume_id: str
    nqn: str
    sequence: int
    kind: str  # mount or block
    file_system: str  # empty for block
    staging_path: str  # empty: not staged, only the state of its format is remembered
    read_only: bool
    format: Format = Format.NOT_BY_US
    targets: tuple[str, ...] = ()  # paths that were, or were about to be, published
    device_number: str = ""  # major:minor it was staged from; mounts of a lost device still show it. Empty: none yet
    device: str = ""  # its name then, which is all that mounts of a lost device show on Btrfs
    mode: str = ""  # the access mode, as the appliance's record writes it
    options: tuple[str, ...] = ()  # the mount options that were asked for
    context: Mapping[str, str] = field(default_factory=dict, hash=False)  # the publish context, to stage it again by
    claim: str = ""  # namespace/name of the claim that it was made for, where that was told
    session: Mapping[str, str] = field(
        default_factory=dict, hash=False
    )  # how its connection is kept, where it was said
    unused_since: str = ""  # ISO 8601, UTC: since when nothing here uses the connection. Empty: in use, or none


def encode_stage_record(record: StageRecord) -> str:
    """Write the state file's text."""
    row = {field.name: getattr(record, field.name) for field in fields(record)}
    mappings = {"context": dict(record.context), "session": dict(record.session)}
    return json.dumps({"v": VERSION, **row, **mappings}) + "\n"


def decode_stage_record(text: str, slot: str) -> StageRecord:
    """Read the text of the state file of the volume in this slot.

    Raises:
        HostError: it is damaged, of a newer driver or of another volume. What this node has of the volume is then
            unknown, so no answer that rests on it may be a final one.

    """
    try:
        record = _decode(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        message = f"{text[:200]!r} is no state file ({error}): damaged, or written by a newer driver"
        raise HostError(message) from error
    if record.volume_id.rpartition(":")[2] != slot:
        message = f"it is the state file of {record.volume_id[:200]!r}, not of the volume in slot {slot}"
        raise HostError(message)
    return record


def _decode(row: object) -> StageRecord:
    if (
        not isinstance(row, dict)
        or row.pop("v") != VERSION
        or set(row) != {field.name for field in fields(StageRecord)}
    ):
        message = f"version or keys of {row!r}"
        raise ValueError(message)
    for name, value in row.items():
        if type(value) is not _KINDS.get(name, str):
            message = f"{name} is {value!r}"
            raise TypeError(message)
    for texts in (row["targets"], row["options"], row["context"].values(), row["session"].values()):
        if not all(isinstance(text, str) for text in texts):
            message = f"{list(texts)!r} are not all texts"
            raise TypeError(message)
    lists = {name: tuple(row[name]) for name in ("targets", "options")}
    return StageRecord(**{**row, **lists, "format": Format(row["format"])})
