"""Names are strict, the same every time, and never one another's."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import InvalidRequestError, NodeNotFoundError
from rds_csi_async.domain.identifiers import (
    LARGEST_SEQUENCE,
    LONGEST_NODE_NAME,
    NQN_PREFIX,
    Host,
    Nqn,
    VolumeId,
    cluster_tag,
    ensure_node_id,
    find_nqn,
    find_volume_id,
    host_of,
    is_appliance_key,
    name_hash,
    node_id_of,
    slot_of,
)
from tests.examples import CLUSTER, MARK, NODE_A, OTHER_CLUSTER, SLOT

HEX = st.text(st.sampled_from("0123456789abcdef"), min_size=16, max_size=16)
TEXTS = st.text(st.characters(codec="utf-8"))
KEYS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
NODE_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?", fullmatch=True)


@given(cluster=TEXTS, name=TEXTS)
@example(CLUSTER, 'a";/disk/remove [find]\n\0é..')
def test_any_name_becomes_a_slot_that_the_appliance_takes(cluster: str, name: str) -> None:
    """Thirty-two characters of a harmless alphabet, the same each time, whatever the name holds."""
    slot = slot_of(cluster, "rds", name)
    assert re.fullmatch(r"rds1-[a-z2-7]{6}-[a-z2-7]{20}", slot)
    assert len(slot) == 32
    assert slot == slot_of(cluster, "rds", name)
    assert VolumeId("rds", slot).cluster_tag == cluster_tag(cluster)


def test_names_never_change() -> None:
    """What was derived once is on appliances and in etcd: another text would lose every volume there is."""
    assert slot_of("cluster", "rds", "pvc-1") == "rds1-bbbemj-hv3hj5hxzbepfh7bgkhg"
    assert name_hash("cluster", "pvc-1") == "o42uih6bzxg2ntrnaakbe6fgxc"
    assert node_id_of("cluster", "node-1") == "node-1.5lltqvbzzd"
    host_id = "faccf7c6-4c40-8b7a-bcd6-7c8689077dbd"
    assert host_of("cluster", "node-1.x") == Host(f"nqn.2014-08.org.nvmexpress:uuid:{host_id}", host_id)


@given(cluster=TEXTS, node_id=TEXTS)
def test_a_host_id_is_a_uuid_of_version_8(cluster: str, node_id: str) -> None:
    """Which is the version for values that are derived in a way of one's own (RFC 9562, 5.8)."""
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", host_of(cluster, node_id).host_id
    )


@given(parts=st.tuples(TEXTS, TEXTS), others=st.tuples(TEXTS, TEXTS))
@example(("ab", "c"), ("a", "bc"))
def test_two_names_share_no_slot(parts: tuple[str, str], others: tuple[str, str]) -> None:
    """Not even where cluster id and name run together to the same text, or one name is on two appliances."""
    assert (slot_of(parts[0], "rds", parts[1]) == slot_of(others[0], "rds", others[1])) is (parts == others)
    assert (slot_of("c", *parts) == slot_of("c", *others)) is (parts == others)
    assert (name_hash(*parts) == name_hash(*others)) is (parts == others)
    assert (host_of(*parts) == host_of(*others)) is (parts == others)


@given(key=KEYS, name=TEXTS)
def test_a_volume_id_is_read_as_it_was_written(key: str, name: str) -> None:
    """Text and value are one to one."""
    volume_id = VolumeId(key, slot_of(CLUSTER, key, name))
    assert find_volume_id(str(volume_id)) == volume_id


@given(text=st.one_of(TEXTS, st.text(st.sampled_from("rds1-:abc27\n"), max_size=45)))
def test_what_is_read_as_a_volume_id_is_written_so_too(text: str) -> None:
    """Nothing is taken that would not come back the same."""
    found = find_volume_id(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "storage-pool",
        "nixos-var",
        "pvc-7a1f6c1e-0000-4000-8000-000000000001",
        SLOT,
        f":{SLOT}",
        f"rds:{SLOT}\n",
        f"rds:{SLOT} ",
        f"RDS:{SLOT}",
        f"r d:{SLOT}",
        f"-rds:{SLOT}",
        f"rds-:{SLOT}",
        f"{'a' * 33}:{SLOT}",
        f"rds:{SLOT.upper()}",
        f"rds:{SLOT[:-1]}",
        f"rds:{SLOT}a",
        f"rds:x{SLOT[1:]}",
        f"rds:{SLOT[:-1]}1",
        f"rds:rds:{SLOT}",
        f"rds:../{SLOT}",
        f'rds:{SLOT[:-3]}"];',
        f"rds:{SLOT[:-1]}٣",
        f"rds:{SLOT[:-1]}\0",
    ],
)
def test_somebody_elses_disk_is_no_volume(text: str) -> None:
    """What is not of this driver's grammar never gets near a command."""
    assert find_volume_id(text) is None


def test_an_appliances_key_is_at_most_32_long() -> None:
    """As with any name that ids are made of."""
    assert is_appliance_key("a" * 32)
    assert not is_appliance_key("a" * 33)
    assert not is_appliance_key("")


@given(name=NODE_NAMES)
def test_a_node_of_this_cluster_is_believed(name: str) -> None:
    """And one of another cluster is not, though it bears the same name."""
    ensure_node_id(CLUSTER, node_id_of(CLUSTER, name))
    with pytest.raises(NodeNotFoundError):
        ensure_node_id(OTHER_CLUSTER, node_id_of(CLUSTER, name))


@given(text=TEXTS)
@example("")
@example(".")
@example("a")
@example(NODE_A[:-1])
@example(f"{NODE_A}\n")
@example(f"{NODE_A}.")
@example(NODE_A.upper())
@example("some-fake-node-id")
@example("x" * 10_000)
def test_a_node_that_nobody_made_is_not_found(text: str) -> None:
    """Whatever the text, without asking anyone."""
    with pytest.raises(NodeNotFoundError):
        ensure_node_id(CLUSTER, text)


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a.", "a\n", "é", "a" * (LONGEST_NODE_NAME + 1)])
def test_no_node_can_be_called_so(name: str) -> None:
    """A name that Kubernetes would not take is a mistake in the settings."""
    with pytest.raises(InvalidRequestError):
        node_id_of(CLUSTER, name)


def test_the_longest_node_name_is_taken() -> None:
    """So many that the id is still one that CSI takes."""
    ensure_node_id(CLUSTER, node_id_of(CLUSTER, "a" * LONGEST_NODE_NAME))


@given(name=TEXTS, sequence=st.integers(1, LARGEST_SEQUENCE), mark=HEX)
def test_an_nqn_is_read_as_it_was_written(name: str, sequence: int, mark: str) -> None:
    """And is never longer than NVMe allows."""
    nqn = Nqn(slot_of(CLUSTER, "rds", name), sequence, mark)
    assert find_nqn(str(nqn)) == nqn
    assert len(str(nqn)) <= 223


@given(text=st.one_of(TEXTS, st.text(string.printable, max_size=60).map(lambda tail: f"{NQN_PREFIX}{SLOT}.{tail}")))
def test_what_is_read_as_an_nqn_is_written_so_too(text: str) -> None:
    """Nothing is taken that would not come back the same."""
    found = find_nqn(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize(
    "tail",
    [f"0.{MARK}", f"01.{MARK}", f"-1.{MARK}", f"1{'0' * 18}.{MARK}", f"1.{MARK}\n", f"1.{MARK.upper()}", "1.", ""],
)
def test_a_name_that_is_almost_an_nqn_of_ours_is_none(tail: str) -> None:
    """A sequence starts at 1 and has one spelling."""
    assert find_nqn(f"{NQN_PREFIX}{SLOT}.{tail}") is None
