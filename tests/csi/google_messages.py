"""The CSI messages as Google's protobuf knows them, made from the wire facts: the other opinion on every byte."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import betterproto
from google.protobuf import timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message as GoogleMessage
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from rds_csi_async.csi.methods import list_methods
from rds_csi_async.csi.shapes import FieldShape, list_fields

MessageT = TypeVar("MessageT", bound=betterproto.Message)
Content = dict[str, Any]  # a message as plain values: name -> value, only what is set

FACTS_PATH = Path(__file__).parent / "csi-1.12-wire.json"
FACTS = json.loads(FACTS_PATH.read_text())
_TYPES = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
}
_LABELS = {
    "singular": FieldDescriptorProto.LABEL_OPTIONAL,
    "repeated": FieldDescriptorProto.LABEL_REPEATED,
    "map": FieldDescriptorProto.LABEL_REPEATED,
}
_ENUM, _MESSAGE = FieldDescriptorProto.TYPE_ENUM, FieldDescriptorProto.TYPE_MESSAGE
_KNOWN = {"google.protobuf.BoolValue", "google.protobuf.Int64Value", "google.protobuf.Timestamp"}


def list_message_types() -> list[type[betterproto.Message]]:
    """Every message class of ours that a call takes or returns, at any depth, by name."""
    found: dict[str, type[betterproto.Message]] = {}
    waiting = [kind for method in list_methods([]) for kind in (method.request_type, method.response_type)]
    while waiting:
        message_type = waiting.pop()
        if message_type.__name__ not in found:
            found[message_type.__name__] = message_type
            waiting += [field.python_type for field in list_fields(message_type) if field.kind == "message"]
    return [found[name] for name in sorted(found)]


def get_google_type(message_type: type[betterproto.Message]) -> type[GoogleMessage]:
    """Return Google's class for one of ours."""
    return _list_google_types()[message_type.__name__.lower()]


@cache
def _list_google_types() -> dict[str, type[GoogleMessage]]:
    file = FileDescriptorProto(name="csi.proto", package="csi.v1", syntax="proto3")
    file.dependency.extend(["google/protobuf/wrappers.proto", "google/protobuf/timestamp.proto"])
    for name, facts in FACTS["messages"].items():
        _add_message(file.message_type.add(name=_flat(name)), facts["fields"])
    for name, facts in FACTS["enums"].items():
        values = file.enum_type.add(name=_flat(name)).value
        for value, number in facts["values"].items():
            values.add(name=f"{_flat(name)}_{value}", number=number["number"])
    pool = DescriptorPool()
    for module in (wrappers_pb2, timestamp_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    names = [_flat(name) for name in FACTS["messages"]]
    return {name.lower(): GetMessageClass(pool.FindMessageTypeByName(f"csi.v1.{name}")) for name in names}


def _flat(name: str) -> str:
    return name.replace(".", "")


def _add_message(message: DescriptorProto, fields: dict[str, Any]) -> None:
    oneofs: list[str] = []
    for name, facts in fields.items():
        field = message.field.add(name=name, number=facts["number"], label=_LABELS[facts["label"]])
        if facts["label"] == "map":
            _add_map_entry(message, field)
        elif facts["type"] in _TYPES:
            field.type = _TYPES[facts["type"]]
        else:
            field.type = _ENUM if facts["type"] in FACTS["enums"] else _MESSAGE
            field.type_name = f".{facts['type']}" if facts["type"] in _KNOWN else f".csi.v1.{_flat(facts['type'])}"
        if facts["oneof"] is not None:
            if facts["oneof"] not in oneofs:
                oneofs.append(facts["oneof"])
                message.oneof_decl.add(name=facts["oneof"])
            field.oneof_index = oneofs.index(facts["oneof"])


def _add_map_entry(message: DescriptorProto, field: FieldDescriptorProto) -> None:
    entry = message.nested_type.add(name="".join(part.title() for part in field.name.split("_")) + "Entry")
    entry.options.map_entry = True
    for number, name in ((1, "key"), (2, "value")):
        entry.field.add(name=name, number=number, label=_LABELS["singular"], type=_TYPES["string"])
    field.type, field.type_name = _MESSAGE, f".csi.v1.{message.name}.{entry.name}"


def contents(message_type: type[betterproto.Message]) -> st.SearchStrategy[Content]:
    """Any contents that a message of this type can have."""
    fields = list_fields(message_type)
    optional = {field.name: _values(field) for field in fields if field.oneof is None}
    chosen: st.SearchStrategy[Content] = st.just({})
    members = [field for field in fields if field.oneof is not None]
    if members:
        chosen = st.one_of(chosen, *(st.fixed_dictionaries({field.name: _values(field)}) for field in members))
    return st.builds(lambda plain, one: {**plain, **one}, st.fixed_dictionaries({}, optional=optional), chosen)


def _values(field: FieldShape) -> st.SearchStrategy[Any]:
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    if field.kind == "map":
        return st.dictionaries(text, text, max_size=3)
    one = {
        "string": text,
        "bool": st.booleans(),
        "enum": st.integers(-(1 << 31), (1 << 31) - 1) | st.integers(0, 16),
        "int32": st.integers(-(1 << 31), (1 << 31) - 1),
        "int64": st.integers(-(1 << 63), (1 << 63) - 1),
        "timestamp": st.datetimes(timezones=st.just(UTC)) | st.just(datetime(1970, 1, 1, tzinfo=UTC)),
        "wrapper": st.booleans() if field.wraps == "bool" else st.integers(-(1 << 63), (1 << 63) - 1),
    }
    strategy = contents(field.python_type) if field.kind == "message" else one[field.kind]
    return st.lists(strategy, max_size=3) if field.repeated else strategy


def make_ours(message_type: type[MessageT], content: Content) -> MessageT:
    """Make a message of ours with these contents."""
    fields = {field.name: field for field in list_fields(message_type)}
    return message_type(**{name: _make_value(fields[name], value) for name, value in content.items()})


def _make_value(field: FieldShape, value: Any) -> Any:
    if field.kind != "message":
        return value
    if field.repeated:
        return [make_ours(field.python_type, each) for each in value]
    return make_ours(field.python_type, value)


def make_google(message_type: type[betterproto.Message], content: Content) -> GoogleMessage:
    """Make Google's message with the same contents."""
    message = get_google_type(message_type)()
    _fill(message, list_fields(message_type), content)
    return message


def _fill(message: GoogleMessage, fields: tuple[FieldShape, ...], content: Content) -> None:
    for field in fields:
        if field.name not in content:
            continue
        value, target = content[field.name], getattr(message, field.name)
        if field.kind == "message":
            for each in value if field.repeated else [value]:
                inner = target.add() if field.repeated else target
                inner.SetInParent()
                _fill(inner, list_fields(field.python_type), each)
        elif field.kind == "map":
            target.update(value)
        elif field.repeated:
            target.extend(value)
        elif field.kind in {"wrapper", "timestamp"}:
            target.SetInParent()
            if field.kind == "wrapper":
                target.value = value
            else:
                target.FromDatetime(value)
        else:
            setattr(message, field.name, value)
