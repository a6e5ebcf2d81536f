"""Names that outlive the driver: volume ids, slots, node ids, NQNs. Their grammar is strict and never changes.

* volume id  `<appliance key>:<slot>`
* slot       `rds1-<cluster tag, 6>-<20>`: 32 characters, the most that an appliance takes; the 20 are base32 of a hash
  of cluster id, appliance key and CSI name, so that a retry finds what an earlier try made, and no two appliances
  have volumes of one slot, nor of one NQN
* node id    `<node name>.<10>`: the 10 are base32 of a hash of cluster id and node name, so that a node which nobody
  made is known for that without asking anyone
* NQN        `nqn.2026-11.io.github.rds-csi-async:<slot>.<sequence>.<16 hex>`: a new one at each first publish; an old
  one never comes back
"""

import base64
import hashlib
import re
import uuid
from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError, NodeNotFoundError

NQN_PREFIX = "nqn.2026-11.io.github.rds-csi-async:"
LARGEST_SEQUENCE = 10**18 - 1
LONGEST_NODE_NAME = 245  # a CSI node id takes 256 bytes, and 11 are ours; Kubernetes itself has 253
_BASE32 = "[a-z2-7]"
_KEY = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_SLOT = re.compile(rf"rds1-(?P<tag>{_BASE32}{{6}})-{_BASE32}{{20}}")
_NQN = re.compile(
    rf"{re.escape(NQN_PREFIX)}(?P<slot>{_SLOT.pattern})\.(?P<sequence>[1-9][0-9]{{0,17}})\.(?P<mark>[0-9a-f]{{16}})"
)
_NODE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class VolumeId:
    """A volume's name in the cluster: which appliance, and which slot of it."""

    appliance: str
    slot: str

    @property
    def cluster_tag(self) -> str:
        """The part of the slot that tells whose volume this is."""
        return self.slot[5:11]

    def __str__(self) -> str:
        """Give the id as the cluster writes it."""
        return f"{self.appliance}:{self.slot}"


@dataclass(frozen=True, slots=True)
class Nqn:
    """The NVMe name under which a volume was published, once."""

    slot: str
    sequence: int
    mark: str  # 16 hex digits, random

    def __str__(self) -> str:
        """Give the name as NVMe writes it."""
        return f"{NQN_PREFIX}{self.slot}.{self.sequence}.{self.mark}"


@dataclass(frozen=True, slots=True)
class Host:
    """How a node introduces itself to a target: the pair never changes (Linux refuses a half-changed one)."""

    nqn: str
    host_id: str


def is_appliance_key(text: str) -> bool:
    """Tell whether this can be an appliance's key in ids and settings."""
    return _KEY.fullmatch(text) is not None


def find_volume_id(text: str) -> VolumeId | None:
    """Read a volume id; None when it cannot be one of this driver's."""
    appliance, colon, slot = text.partition(":")
    if not colon or not is_appliance_key(appliance) or _SLOT.fullmatch(slot) is None:
        return None
    return VolumeId(appliance, slot)


def cluster_tag(cluster_id: str) -> str:
    """Give the 6 characters by which volumes of one cluster are told from another's."""
    return _base32("cluster", cluster_id)[:6]


def slot_of(cluster_id: str, appliance: str, name: str) -> str:
    """Give the slot, on the appliance of this key, of the volume that the orchestrator calls by this name."""
    return f"rds1-{cluster_tag(cluster_id)}-{_base32('volume', cluster_id, appliance, name)[:20]}"


def name_hash(cluster_id: str, name: str) -> str:
    """Give more of the name's hash than the slot has room for, to tell two names of one slot apart."""
    return _base32("name", cluster_id, name)[:26]


def node_id_of(cluster_id: str, node_name: str) -> str:
    """Give the id of the node of this name.

    Raises:
        InvalidRequestError: no node can be called so.

    """
    if len(node_name) > LONGEST_NODE_NAME or _NODE_NAME.fullmatch(node_name) is None:
        message = f"{node_name!r} cannot be a node: lower-case letters, digits, '-', '.', at most {LONGEST_NODE_NAME}"
        raise InvalidRequestError(message)
    return f"{node_name}.{_base32('node', cluster_id, node_name)[:10]}"


def ensure_node_id(cluster_id: str, node_id: str) -> None:
    """Believe in a node only when its id is one that this cluster's nodes give themselves.

    Raises:
        NodeNotFoundError: nobody of this cluster made that id.

    """
    name = node_id.rpartition(".")[0]
    if _NODE_NAME.fullmatch(name) is None or len(name) > LONGEST_NODE_NAME or node_id != node_id_of(cluster_id, name):
        message = f"{node_id[:300]!r} is the id of no node of this cluster"
        raise NodeNotFoundError(message)


def host_of(cluster_id: str, node_id: str) -> Host:
    """Give the host NQN and id of a node; both follow from cluster id and node id alone."""
    digest = bytearray(hashlib.sha256(_joined("host", cluster_id, node_id)).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80  # version 8 (RFC 9562, 5.8), which Python's uuid knows from 3.14 on only
    digest[8] = digest[8] & 0x3F | 0x80  # variant
    host_id = str(uuid.UUID(bytes=bytes(digest)))
    return Host(f"nqn.2014-08.org.nvmexpress:uuid:{host_id}", host_id)


def find_nqn(text: str) -> Nqn | None:
    """Read an NQN; None when it is none of this driver's."""
    match = _NQN.fullmatch(text)
    return Nqn(match["slot"], int(match["sequence"]), match["mark"]) if match else None


def _base32(*parts: str) -> str:
    return base64.b32encode(hashlib.sha256(_joined(*parts)).digest()).decode().lower()


def _joined(*parts: str) -> bytes:
    return b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
