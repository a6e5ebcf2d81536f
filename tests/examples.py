"""One cluster, its nodes and its volume, as many tests start from it."""

from dataclasses import replace
from typing import Final

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.identifiers import Nqn, VolumeId, name_hash, node_id_of, slot_of
from rds_csi_async.domain.records import Holder, Record, encode_record
from rds_csi_async.domain.sizes import MIB, SizeRange
from rds_csi_async.domain.volumes import Claim, Volume

CLUSTER: Final = "7a1f6c1e-0000-4000-8000-000000000001"
OTHER_CLUSTER: Final = "7a1f6c1e-0000-4000-8000-000000000002"
NAME: Final = "pvc-1"
SLOT: Final = slot_of(CLUSTER, "rds", NAME)
VOLUME_ID: Final = VolumeId("rds", SLOT)
FOREIGN_ID: Final = VolumeId("rds", slot_of(OTHER_CLUSTER, "rds", NAME))
NODE_A, NODE_B, NODE_C = (node_id_of(CLUSTER, name) for name in ("a", "b.example", "c"))
MARK: Final = "0123456789abcdef"
NEXT_MARK: Final = "fedcba9876543210"
SIZE_BYTES: Final = 64 * MIB

MOUNT: Final = Capability(AccessMode.SINGLE_NODE_WRITER)
BLOCK: Final = Capability(AccessMode.SINGLE_NODE_WRITER, None)
SHARED_BLOCK: Final = Capability(AccessMode.MULTI_NODE_MULTI_WRITER, None)
SHARED_READING: Final = Capability(AccessMode.MULTI_NODE_READER_ONLY)

CLAIM: Final = Claim(VOLUME_ID, "pool1", CLUSTER, name_hash(CLUSTER, NAME), "mount", SizeRange(SIZE_BYTES), 16 * MIB)
UNUSED: Final = Record(CLUSTER, CLAIM.name_hash, SIZE_BYTES, "mount", 1, "w1")


def held_by(*holders: Holder, record: Record = UNUSED, sequence: int = 1, mark: str = MARK) -> Record:
    """Give the record of a volume that was published, and is to these."""
    only = holders[0].node_id if len(holders) == 1 else "*"
    return replace(record, sequence=sequence, nqn_mark=mark, only_node=only, holders=holders)


def holding(node_id: str, capability: Capability = MOUNT, *, read_only: bool = False) -> Holder:
    """Give a holder."""
    return Holder(node_id, capability.mode, read_only)


def shown(record: Record | None, *, exported: bool | None = None, nqn: str | None = None) -> Volume:
    """Give the volume with this record, or none; open exactly when somebody holds it, unless said otherwise."""
    comment = "" if record is None else encode_record(record)
    if nqn is None:
        nqn = str(Nqn(SLOT, record.sequence, record.nqn_mark)) if record is not None and record.sequence else ""
    if exported is None:
        exported = record is not None and bool(record.holders)
    return Volume(SLOT, "pool1", f"/pool1/volumes/{SLOT}.img", SIZE_BYTES, comment, nqn, 4420, exported)
