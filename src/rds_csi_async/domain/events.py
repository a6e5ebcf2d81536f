"""What a person should know of a volume or a node, as Kubernetes events tell it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LONGEST_NOTE = 1000  # characters; the API takes 1024 (events.k8s.io/v1, note)


class Reason(StrEnum):
    """Why an event is posted, in the word that people search for."""

    ATTACHMENT_CONFLICT = "AttachmentConflict"
    CONNECTION_FAILURE = "ConnectionFailure"
    CONNECTION_RECOVERY = "ConnectionRecovery"
    MOUNT_FAILURE = "MountFailure"
    ORPHAN_CLEANED = "OrphanCleaned"
    RECOVERY_FAILED = "RecoveryFailed"
    STALE_MOUNT_DETECTED = "StaleMountDetected"
    STORAGE_NOT_READY = "StorageNotReady"
    STORAGE_READY = "StorageReady"
    VOLUME_READ_ONLY = "VolumeReadOnly"

    @property
    def is_warning(self) -> bool:
        """Somebody has to do something; else it is good news."""
        return self not in _GOOD_NEWS


_GOOD_NEWS = frozenset({Reason.CONNECTION_RECOVERY, Reason.ORPHAN_CLEANED, Reason.STORAGE_READY})


class Kind(StrEnum):
    """What an event can be about."""

    CLAIM = "PersistentVolumeClaim"
    NODE = "Node"


@dataclass(frozen=True, slots=True)
class Subject:
    """The object an event is about; a Node has no namespace."""

    kind: Kind
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        """Say it to a person."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling. Two that are equal are one that happened twice."""

    subject: Subject
    reason: Reason
    note: str

    def __str__(self) -> str:
        """Say it to a person."""
        return f"{self.subject}: {self.reason}: {self.note}"


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often an event was seen, and when; aware times."""

    first: datetime
    last: datetime
    count: int

    def again(self, now: datetime) -> "Sighting":
        """Count one more."""
        return Sighting(self.first, now, self.count + 1)


def find_claim(claim: str) -> Subject | None:
    """Find the claim (`namespace/name`) that a volume was made for; None where nobody told."""
    namespace, _, name = claim.partition("/")
    return Subject(Kind.CLAIM, name, namespace) if namespace and name else None


def claim_or_node(claim: str, node_name: str) -> Subject:
    """Give the claim that a volume was made for, or, where nobody told, the node it is on."""
    return find_claim(claim) or Subject(Kind.NODE, node_name)


def shortened(note: str) -> str:
    """Make a note that the API takes."""
    text = "".join(letter if letter.isprintable() else " " for letter in note)
    return text if len(text) <= LONGEST_NOTE else f"{text[: LONGEST_NOTE - 3]}..."
