"""The record that a volume carries on the appliance, in its disk's `comment`.

`rds1:` and one compact JSON object, ASCII, at most 500 bytes:

| key | what |
| --- | --- |
| `o` | owner: the cluster id |
| `h` | hash of the CSI name (`identifiers.name_hash`) |
| `r` | bytes that were asked for, a decimal number |
| `m` | `mount` or `block` |
| `g` | generation, one more at each change |
| `w` | mark of the process that wrote it |
| `s` | publish sequence, the last that was used; 0: never published |
| `x` | random part of the NQN of that sequence; absent while `s` is 0 |
| `n` | the only node that ever held it; `*` once there were two; absent while there was none |
| `d` | holders: list of `[node id, access mode, 0 or 1 for read-only]` |
| `e` | 1: an administrator erased the record once, so nobody may delete the volume |
| `p` | namespace/name of the claim, for people; left out where there is no room |

What is safety's is never shortened. A record with a key that is not listed was written by a newer driver, and is not
touched by this one; nor is one that says what this driver never writes (a holder twice, holders but no name to find
the volume by), since a person or a fault wrote it.
"""

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from rds_csi_async.domain.capabilities import AccessMode
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.identifiers import LARGEST_SEQUENCE

PREFIX: Final = "rds1:"
LONGEST_BYTES: Final = 500
SEVERAL_NODES: Final = "*"
_KEYS = {
    "owner": "o",
    "name_hash": "h",
    "required_bytes": "r",
    "kind": "m",
    "generation": "g",
    "writer": "w",
    "sequence": "s",
    "nqn_mark": "x",
    "only_node": "n",
    "erased_once": "e",
    "claim": "p",
}
_TYPES: dict[str, type] = {"r": int, "g": int, "s": int, "d": list, "e": int}
_REQUIRED = frozenset("ohrmgws")
_KINDS = frozenset(["mount", "block"])
_MARK = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Holder:
    """A node that the volume is published to."""

    node_id: str
    mode: AccessMode
    read_only: bool

    @property
    def usage(self) -> str:
        """How it uses the volume, said to a person."""
        return f"{self.mode.name}{', read-only' if self.read_only else ''}"


@dataclass(frozen=True, slots=True)
class Record:
    """What the appliance remembers of a volume for us."""

    owner: str
    name_hash: str
    required_bytes: int
    kind: str
    generation: int
    writer: str
    sequence: int = 0
    nqn_mark: str = ""
    only_node: str = ""
    holders: tuple[Holder, ...] = ()
    erased_once: bool = False
    claim: str = ""

    @property
    def is_migrating(self) -> bool:
        """Whether several nodes hold it that may write: a machine is on its way from one to the other."""
        return sum(not holder.read_only for holder in self.holders) > 1


def is_record(comment: str) -> bool:
    """Tell whether a comment is meant to be a record, whoever wrote it."""
    return comment.startswith(PREFIX)


def encode_record(record: Record) -> str:
    """Write the record as a comment; the claim's name is dropped where it does not fit.

    Raises:
        RefusedError: it is longer than the appliance keeps (a holder too many, or names too long), or it would not
            be read again.

    """
    flaw = _find_flaw(record)
    if flaw is not None:
        message = f"a record with {flaw} is not written"
        raise RefusedError(message)
    text = _encode(record)
    if len(text) > LONGEST_BYTES and record.claim:
        text = _encode(replace(record, claim=""))
    if len(text) > LONGEST_BYTES:
        message = (
            f"the record would be {len(text)} bytes, the appliance keeps {LONGEST_BYTES}: {len(record.holders)} holders"
            " are too many, or their names too long; unpublish the volume from one node first"
        )
        raise RefusedError(message)
    return text


def decode_record(comment: str) -> Record | None:
    """Read a comment; None when it is no record (anything a person may have typed).

    Raises:
        RefusedError: it says that it is a record, and is damaged or of a newer driver. Nothing may be done to it.

    """
    if not is_record(comment):
        return None
    try:
        return _decode(json.loads(comment.removeprefix(PREFIX), object_pairs_hook=_distinct))
    except (ValueError, TypeError, RecursionError) as error:
        message = f"the record {comment[:200]!r} cannot be read ({error}): damaged, or written by a newer driver"
        raise RefusedError(message) from error


def _encode(record: Record) -> str:
    fields = asdict(record)
    row: dict[str, Any] = {key: fields[name] for name, key in _KEYS.items()}
    row["d"] = [[holder.node_id, holder.mode.value, int(holder.read_only)] for holder in record.holders]
    row["e"] = int(record.erased_once)
    kept = {key: value for key, value in row.items() if key in _REQUIRED or value}
    return PREFIX + json.dumps(kept, separators=(",", ":"))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        message = "a key is there twice"
        raise ValueError(message)
    return row


def _decode(row: Any) -> Record:  # noqa: ANN401 - whatever JSON can hold
    if not isinstance(row, dict):
        message = "it is no JSON object"
        raise TypeError(message)
    unknown = set(row) - set(_KEYS.values()) - {"d"}
    missing = _REQUIRED - set(row)
    if unknown or missing:
        message = f"unknown keys {sorted(unknown)}, missing keys {sorted(missing)}"
        raise ValueError(message)
    for key, value in row.items():
        if type(value) is not _TYPES.get(key, str) or (key == "e" and value not in {0, 1}):
            message = f"key {key!r} holds {value!r}"
            raise TypeError(message)
    names = {name: row[key] for name, key in _KEYS.items() if key in row}
    holders = tuple(_decode_holder(holder) for holder in row.get("d", []))
    record = Record(**{**names, "holders": holders, "erased_once": bool(row.get("e", 0))})
    flaw = _find_flaw(record)
    if flaw is not None:
        raise ValueError(flaw)
    return record


def _decode_holder(row: Any) -> Holder:  # noqa: ANN401 - whatever JSON can hold
    match row:
        case [str(node_id), str(mode), 0 | 1 as flag] if type(flag) is int:
            return Holder(node_id, AccessMode(mode), bool(flag))
    message = f"holder {row!r} is not [node id, mode, 0 or 1]"
    raise ValueError(message)


def _find_flaw(record: Record) -> str | None:
    nodes = [holder.node_id for holder in record.holders]
    named = record.sequence > 0
    truths = {
        f"owner {record.owner!r}, kind {record.kind!r}": record.owner != "" and record.kind in _KINDS,
        f"{record.required_bytes} bytes, generation {record.generation}": (
            record.required_bytes >= 0 and record.generation > 0
        ),
        f"sequence {record.sequence}, mark {record.nqn_mark!r}": (
            0 <= record.sequence <= LARGEST_SEQUENCE
            and (_MARK.fullmatch(record.nqn_mark) is not None if named else record.nqn_mark == "")
        ),
        f"holders {nodes}, of {record.only_node!r} alone, at sequence {record.sequence}": (
            "" not in nodes
            and len(set(nodes)) == len(nodes)
            and (record.only_node != "") == named
            and (record.only_node == SEVERAL_NODES or set(nodes) <= {record.only_node})
        ),
    }
    return next((flaw for flaw, is_true in truths.items() if not is_true), None)
