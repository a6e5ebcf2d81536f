"""A record comes back as it was written, or not at all."""

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rds_csi_async.domain.capabilities import AccessMode
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.identifiers import LARGEST_SEQUENCE, node_id_of
from rds_csi_async.domain.records import LONGEST_BYTES, PREFIX, Holder, Record, decode_record, encode_record, is_record
from tests.examples import CLUSTER, MARK, NODE_A, NODE_B, UNUSED, held_by, holding

HEX = st.text(st.sampled_from("0123456789abcdef"), min_size=16, max_size=16)
NODES = st.from_regex(r"[a-z]{1,12}", fullmatch=True).map(lambda name: node_id_of(CLUSTER, name))
HOLDERS = st.builds(Holder, NODES, st.sampled_from(AccessMode), st.booleans())


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any record that the driver may come to write."""
    holders = draw(st.lists(HOLDERS, max_size=3, unique_by=lambda holder: holder.node_id))
    published = bool(holders) or draw(st.booleans())
    only = "*" if len(holders) > 1 else draw(st.sampled_from(["*", holders[0].node_id if holders else NODE_A]))
    return Record(
        CLUSTER,
        draw(st.text("abcdefghijklmnopqrstuvwxyz234567", max_size=26)),
        draw(st.integers(0, 2**63)),
        draw(st.sampled_from(["mount", "block"])),
        draw(st.integers(1, 2**40)),
        draw(st.text("0123456789abcdef", max_size=8)),
        draw(st.integers(1, LARGEST_SEQUENCE)) if published else 0,
        draw(HEX) if published else "",
        only if published else "",
        tuple(holders),
        draw(st.booleans()),
        draw(st.text(st.characters(codec="utf-8"), max_size=30)),
    )


@given(records())
def test_a_record_comes_back_as_it_was_written(record: Record) -> None:
    """Only the name for people may be missing; the comment is ASCII that the appliance keeps whole."""
    comment = encode_record(record)
    assert comment.isascii()
    assert comment.isprintable()
    assert len(comment) <= LONGEST_BYTES
    found = decode_record(comment)
    assert found in {record, replace(record, claim="")}
    assert (
        found == record or len(encode_record(replace(record, claim="")) + json.dumps(record.claim)) > LONGEST_BYTES - 9
    )


@given(st.text(st.characters(codec="utf-8")))
@example('"; /disk/remove [find]; :put "')
@example("\0\n\r\x1b[0m")
@example("é" * 200)
@example("\ud7ff𐀀")
@example("a" * 10_000)
def test_the_claims_name_can_be_anything(claim: str) -> None:
    """It comes back, or is left out where there is no room; it never pushes out what safety needs."""
    record = replace(UNUSED, claim=claim)
    assert decode_record(encode_record(record)) in {record, UNUSED}


@given(st.text(st.characters(codec="utf-8")))
@example("")
@example("rds1")
@example(" rds1:{}")
@example("rds2:{}")
@example("my disk; do not touch")
def test_what_a_person_typed_is_no_record(comment: str) -> None:
    """Anything without the prefix is no record, and no error."""
    if not comment.startswith(PREFIX):
        assert decode_record(comment) is None
        assert not is_record(comment)


WHOLE = encode_record(replace(held_by(holding(NODE_A, read_only=True)), claim="shop/data"))


@pytest.mark.parametrize("length", range(len(PREFIX), len(WHOLE)))
def test_a_record_that_was_cut_is_damaged(length: int) -> None:
    """At whatever byte."""
    with pytest.raises(RefusedError):
        decode_record(WHOLE[:length])


@given(position=st.integers(len(PREFIX), len(WHOLE) - 1), letter=st.characters(codec="utf-8"))
def test_a_record_with_one_letter_changed_is_damaged_or_written_so(position: int, letter: str) -> None:
    """No single slip is repaired by guessing: what is read would be written the same way."""
    comment = WHOLE[:position] + letter + WHOLE[position + 1 :]
    try:
        found = decode_record(comment)
    except RefusedError:
        return
    assert found is not None
    assert json.loads(encode_record(found)[5:]) == json.loads(comment[5:])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from("ohrmgwsxndepq"), children),
)


@given(VALUES)
@example("ohrmgws")
@example(list("ohrmgws"))
@example([])
@example(None)
def test_any_other_json_is_damaged(value: object) -> None:
    """Whatever its shape, it is refused and nothing else happens."""
    with pytest.raises(RefusedError):
        decode_record(PREFIX + json.dumps(value))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("o", ""),
        ("o", None),
        ("o", 1),
        ("m", "file"),
        ("m", ""),
        ("r", -1),
        ("r", "1"),
        ("r", 1.0),
        ("r", True),
        ("g", 0),
        ("g", -1),
        ("s", -1),
        ("s", 0),
        ("s", LARGEST_SEQUENCE + 1),
        ("s", "1"),
        ("x", ""),
        ("x", MARK[:-1]),
        ("x", MARK.upper()),
        ("x", f"{MARK}\n"),
        ("n", ""),
        ("n", NODE_B),
        ("e", 2),
        ("e", True),
        ("d", {}),
        ("d", "abc"),
        ("d", [NODE_A]),
        ("d", [["", "snw", 0]]),
        ("d", [[NODE_A, "snw"]]),
        ("d", [[NODE_A, "snw", 0, 0]]),
        ("d", [[NODE_A, "writer", 0]]),
        ("d", [[NODE_A, "snw", 2]]),
        ("d", [[NODE_A, "snw", True]]),
        ("d", [[NODE_A, "snw", "0"]]),
        ("d", [[1, "snw", 0]]),
        ("d", [[NODE_A, "snw", 0], [NODE_A, "snr", 1]]),
        ("d", [[NODE_A, "mnm", 0], [NODE_B, "mnm", 0]]),
        ("z", 1),
        ("O", CLUSTER),
    ],
)
def test_a_record_that_says_what_is_never_written_is_damaged(key: str, value: object) -> None:
    """A value of another type, out of its range, or at odds with another one: somebody else wrote it."""
    row = json.loads(WHOLE.removeprefix(PREFIX))
    with pytest.raises(RefusedError, match="damaged, or written by a newer driver"):
        decode_record(PREFIX + json.dumps({**row, key: value}))


@pytest.mark.parametrize("key", "ohrmgwsxn")
def test_a_record_that_lacks_something_is_damaged(key: str) -> None:
    """Of a published volume, all of these are there."""
    row = json.loads(WHOLE.removeprefix(PREFIX))
    del row[key]
    with pytest.raises(RefusedError):
        decode_record(PREFIX + json.dumps(row))


@pytest.mark.parametrize("text", ['{"o":"a","o":"b"}', "[" * 5000, "1" * 5000, "NaN", "", "{} x", "\ud800"])
def test_what_json_readers_stumble_over_is_damaged(text: str) -> None:
    """A key twice, depth, digits, and what is no JSON at all."""
    with pytest.raises(RefusedError):
        decode_record(PREFIX + text)


def test_a_key_given_twice_is_damaged() -> None:
    """Even when both say something sensible: nobody can tell which is meant."""
    with pytest.raises(RefusedError, match="twice"):
        decode_record(WHOLE.replace('"g":1', '"g":1,"g":2'))


def test_a_holder_that_does_not_fit_is_refused() -> None:
    """Nothing that safety needs is shortened to make room."""
    holders = [holding(node_id_of(CLUSTER, f"{'node' * 20}{number}")) for number in range(5)]
    with pytest.raises(RefusedError, match="5 holders are too many"):
        encode_record(held_by(*holders))


@pytest.mark.parametrize(
    "record",
    [
        replace(UNUSED, owner=""),
        replace(UNUSED, kind="file"),
        replace(UNUSED, generation=0),
        replace(UNUSED, sequence=1),
        replace(UNUSED, holders=(holding(NODE_A),)),
        replace(held_by(holding(NODE_A)), sequence=LARGEST_SEQUENCE + 1),
    ],
)
def test_nothing_is_written_that_would_not_be_read_again(record: Record) -> None:
    """A volume with such a record could never be touched again."""
    with pytest.raises(RefusedError, match="is not written"):
        encode_record(record)


def test_the_grammar_never_changes() -> None:
    """Appliances hold texts like this one."""
    grammar = (
        f'rds1:{{"o":"{CLUSTER}","h":"{UNUSED.name_hash}","r":67108864,"m":"mount","g":1,"w":"w1","s":1,'
        f'"x":"{MARK}","n":"{NODE_A}","p":"shop/data","d":[["{NODE_A}","snw",1]]}}'
    )
    assert grammar == WHOLE


def test_several_writers_are_a_migration() -> None:
    """Readers are none, and one writer among them is not on its way anywhere."""
    writers = [Holder(node, AccessMode.MULTI_NODE_MULTI_WRITER, read_only=False) for node in ("a", "b")]
    readers = [Holder(node, AccessMode.MULTI_NODE_READER_ONLY, read_only=True) for node in ("c", "d")]
    held = [(), tuple(writers[:1]), tuple(readers), (*writers[:1], *readers), tuple(writers)]
    assert [replace(UNUSED, holders=holders).is_migrating for holders in held] == [False, False, False, False, True]
