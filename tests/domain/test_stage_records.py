"""What a killed driver left in the state file is what the next one reads."""

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.stage_records import Format, StageRecord, decode_stage_record, encode_stage_record

SLOT = "slot"
RECORD = StageRecord(f"rds-a:{SLOT}", "nqn", 3, "mount", "ext4", "/staging", read_only=False, targets=("/one",))
ROW = json.loads(encode_stage_record(RECORD))


@given(
    st.builds(
        StageRecord,
        volume_id=st.text(),
        nqn=st.text(),
        sequence=st.integers(),
        kind=st.sampled_from(["mount", "block"]),
        file_system=st.text(),
        staging_path=st.text(),
        read_only=st.booleans(),
        format=st.sampled_from(Format),
        targets=st.lists(st.text()).map(tuple),
        device_number=st.text(),
        device=st.text(),
        mode=st.text(),
        options=st.lists(st.text()).map(tuple),
        context=st.dictionaries(st.text(), st.text()),
        claim=st.text(),
        session=st.dictionaries(st.text(), st.text()),
        unused_since=st.text(),
    )
)
def test_what_is_written_is_read(record: StageRecord) -> None:
    """Whatever its paths are."""
    assert decode_stage_record(encode_stage_record(record), record.volume_id.rpartition(":")[2]) == record


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_anything_else_is_refused(text: str) -> None:
    """A damaged file is an error that a person reads, never an empty record or a crash."""
    with pytest.raises(HostError):
        decode_stage_record(text, SLOT)


@pytest.mark.parametrize("cut", range(0, len(encode_stage_record(RECORD)) - 2, 7))
def test_a_file_that_was_cut_off_is_refused(cut: int) -> None:
    """Half a record is none."""
    with pytest.raises(HostError):
        decode_stage_record(encode_stage_record(RECORD)[:cut], SLOT)


@pytest.mark.parametrize("key", ["v", *(field.name for field in fields(StageRecord))])
def test_a_missing_key_is_refused(key: str) -> None:
    """There are no defaults in a file."""
    with pytest.raises(HostError):
        decode_stage_record(json.dumps({name: value for name, value in ROW.items() if name != key}), SLOT)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v", 2),
        ("extra", 1),
        ("sequence", "3"),
        ("sequence", True),
        ("read_only", 0),
        ("targets", "/one"),
        ("targets", [1]),
        ("options", [None]),
        ("context", {"v": 1}),
        ("context", []),
        ("nqn", None),
        ("format", "done"),
    ],
)
def test_a_value_of_another_kind_is_refused(key: str, value: object) -> None:
    """So is what a newer driver wrote."""
    with pytest.raises(HostError, match="newer driver"):
        decode_stage_record(json.dumps({**ROW, key: value}), SLOT)


@pytest.mark.parametrize("volume_id", ["rds-a:other", "other", ""])
def test_another_volumes_file_is_refused(volume_id: str) -> None:
    """One that was copied by hand says nothing about this volume, least of all who uses it."""
    with pytest.raises(HostError, match="not of the volume"):
        decode_stage_record(encode_stage_record(replace(RECORD, volume_id=volume_id)), SLOT)
