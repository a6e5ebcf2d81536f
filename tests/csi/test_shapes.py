"""What is read off the generated dataclasses."""

from dataclasses import dataclass
from datetime import datetime

import betterproto
import pytest

from rds_csi_async.csi import wire
from rds_csi_async.csi.shapes import list_fields


def test_fields_come_by_rising_number_with_all_that_matters() -> None:
    """A message with every kind of field is described field by field."""
    fields = [(f.number, f.name, f.kind, f.repeated, f.oneof) for f in list_fields(wire.Volume)]
    assert fields == [
        (1, "capacity_bytes", "int64", False, None),
        (2, "volume_id", "string", False, None),
        (3, "volume_context", "map", False, None),
        (4, "content_source", "message", False, None),
        (5, "accessible_topology", "message", True, None),
    ]


def test_oneofs_wrappers_and_timestamps_are_told_apart() -> None:
    """Members of a oneof carry its name; wrapped and well-known types have kinds of their own."""
    assert [field.oneof for field in list_fields(wire.VolumeCapability)] == ["access_type", "access_type", None]
    (ready,) = list_fields(wire.ProbeResponse)
    assert (ready.kind, ready.wraps, ready.python_type) == ("wrapper", "bool", bool)
    created = next(field for field in list_fields(wire.Snapshot) if field.name == "creation_time")
    assert (created.kind, created.python_type) == ("timestamp", datetime)


@dataclass(eq=False, repr=False)
class Doubles(betterproto.Message):
    """A kind of number that CSI does not have."""

    value: float = betterproto.double_field(1)


@dataclass(eq=False, repr=False)
class Packed(betterproto.Message):
    """Numbers packed into one field."""

    values: list[int] = betterproto.int64_field(1)  # noqa: RUF009 - as the generator writes it


@dataclass(eq=False, repr=False)
class Counted(betterproto.Message):
    """A map to numbers."""

    counts: dict[str, int] = betterproto.map_field(1, "string", "int64")  # noqa: RUF009


@dataclass(eq=False, repr=False)
class BareChoice(betterproto.Message):
    """A oneof with a bare value in it."""

    text: str = betterproto.string_field(1, group="choice")


@pytest.mark.parametrize("message_type", [Doubles, Packed, Counted, BareChoice])
def test_what_nothing_is_written_for_is_refused(message_type: type[betterproto.Message]) -> None:
    """A later CSI with a kind of field that the codec does not know fails loudly, and before any call."""
    with pytest.raises(NotImplementedError):
        list_fields(message_type)
