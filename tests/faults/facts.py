"""What is asked, what is answered, and what was so on the appliance. The records are read here without the driver."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

PREFIX: Final = "rds1:"
UNKNOWN: Final = frozenset({"ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"})
NQN_PREFIX: Final = "nqn.2026-11.io.github.rds-csi-async:"


class Kind(StrEnum):
    """What can be asked of a controller."""

    CREATE = "create"
    DELETE = "delete"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    EXPAND = "expand"
    GET = "get"
    VALIDATE = "validate"
    LIST = "list"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `mode` is as the record writes it; an empty node of UNPUBLISH is every node."""

    kind: Kind
    driver: int
    slot: str = ""  # none for what asks about all
    name: str = ""
    pool: str = ""
    size_bytes: int = 0
    node: str = ""
    mode: str = ""
    read_only: bool = False
    is_block: bool = False
    timeout_s: float = 10.0

    def __str__(self) -> str:
        """Say it in a line."""
        more = [self.name, self.node.partition(".")[0], self.mode, "ro" * self.read_only]
        size = f"{self.size_bytes >> 20}M" if self.size_bytes else self.pool
        return " ".join(part for part in [f"{self.kind}@{self.driver}", *more, size] if part)


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says of one volume."""

    size_bytes: int
    nodes: tuple[str, ...] = ()
    abnormal: str = ""
    nqn: str = ""
    first_use: bool = False
    sole_node: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended, between two ticks of the history's clock."""

    call: Call
    begun: int
    ended: int
    status: str
    message: str = ""
    told: Mapping[str, Told] | None = None  # by slot
    number: int = 0  # of bytes, for ROOM

    @property
    def is_known(self) -> bool:
        """Tell whether it claims to say how things are."""
        return self.status not in UNKNOWN

    def __str__(self) -> str:
        """Say it in a line."""
        return f"[{self.begun}-{self.ended}] {self.call}: {self.status} {self.message[:160]}".rstrip()


@dataclass(frozen=True, slots=True)
class Record:
    """A record that can be read."""

    owner: str
    kind: str
    generation: int
    sequence: int
    mark: str
    sole: str
    erased: bool
    holders: tuple[tuple[str, str, bool], ...]  # node, mode, read-only


@dataclass(frozen=True, slots=True)
class Disk:
    """An entry of the appliance."""

    size_bytes: int
    comment: str
    exported: bool
    nqn: str
    path: str

    def __str__(self) -> str:
        """Say it in short."""
        return (
            f"{self.size_bytes >> 20}M, {'open' if self.exported else 'closed'} as {self.nqn[-20:]!r}, {self.comment!r}"
        )

    @property
    def record(self) -> Record | None:
        """Give the record; None when there is none that can be read."""
        if not self.comment.startswith(PREFIX):
            return None
        try:
            row: dict[str, Any] = json.loads(self.comment.removeprefix(PREFIX))
        except ValueError:
            return None
        holders = tuple((node, mode, bool(flag)) for node, mode, flag in row.get("d", []))
        sole, mark = row.get("n", ""), row.get("x", "")
        return Record(row["o"], row["m"], row["g"], row["s"], mark, sole, bool(row.get("e")), holders)

    @property
    def is_damaged(self) -> bool:
        """Tell whether there is a record, and nobody can read it."""
        return self.comment.startswith(PREFIX) and self.record is None

    @property
    def is_sound(self) -> bool:
        """Tell whether it is open, under the name in its record, exactly when it has holders."""
        record = self.record
        if record is None or record.erased:
            return False
        return self.exported is bool(record.holders) and (not self.exported or self.nqn.endswith(suffix_of(record)))


def suffix_of(record: Record) -> str:
    """Give the end of the NQN that a record names."""
    return f".{record.sequence}.{record.mark}"


def disk_of(row: Mapping[str, Any]) -> Disk:
    """Read an entry of the simulator's table."""
    return Disk(
        int(row.get("file-size", 0)),
        str(row.get("comment", "")),
        row.get("nvme-tcp-export") is True,
        str(row.get("nvme-tcp-server-nqn", "")),
        str(row.get("file-path", "")),
    )


def pool_of(path: str) -> str:
    """Give the pool that a file lies on."""
    return path.strip("/").partition("/")[0]
