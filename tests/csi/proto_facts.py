"""What a compiled .proto file says on the wire, in the form of the facts that it was written from."""

from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.message import Message

Facts = dict[str, Any]
_VARINT = 0


def compile_proto(proto: Path, includes: list[Path], output: Path) -> FileDescriptorProto:
    """Compile one .proto file with grpcio-tools, using `output` for the result, and return its descriptor.

    Raises:
        RuntimeError: it does not compile; protoc has said why on stderr.

    """
    from grpc_tools import protoc  # noqa: PLC0415 - the rest of the tests do without the `proto` extra

    well_known = Path(protoc.__file__).parent / "_proto"
    paths = [f"-I{path}" for path in [*includes, well_known]]
    if protoc.main(["protoc", *paths, f"--descriptor_set_out={output}", str(proto)]) != 0:
        message = f"{proto} does not compile"
        raise RuntimeError(message)
    return FileDescriptorSet.FromString(output.read_bytes()).file[0]


def describe(file: FileDescriptorProto) -> Facts:
    """Describe a file; comments and the order of declarations leave no trace."""
    described = _Description(file)
    return {
        "package": file.package,
        "syntax": file.syntax,
        "extensions": {
            extension.name: {
                "number": extension.number,
                "extendee": extension.extendee,
                "type": _get_type(extension),
            }
            for extension in file.extension
        },
        "services": described.services(),
        "messages": described.messages,
        "enums": described.enums,
    }


class _Description:
    def __init__(self, file: FileDescriptorProto) -> None:
        self._file = file
        self._marks = {(each.extendee.rpartition(".")[2], each.number): each.name for each in file.extension}
        self.messages: Facts = {}
        self.enums: Facts = {}
        for enum in file.enum_type:
            self._add_enum("", enum)
        for message in file.message_type:
            self._add_message("", message)

    def services(self) -> Facts:
        """Every service with its methods."""
        return {
            service.name: {
                "options": self._options(service.options),
                "methods": {
                    method.name: {
                        "input": method.input_type.rpartition(".")[2],
                        "output": method.output_type.rpartition(".")[2],
                        "server_streaming": method.server_streaming,
                        "client_streaming": method.client_streaming,
                        "options": self._options(method.options),
                    }
                    for method in service.method
                },
            }
            for service in self._file.service
        }

    def _add_enum(self, prefix: str, enum: EnumDescriptorProto) -> None:
        self.enums[prefix + enum.name] = {
            "options": self._options(enum.options),
            "values": {
                value.name: {"number": value.number, "options": self._options(value.options)} for value in enum.value
            },
        }

    def _add_message(self, prefix: str, message: DescriptorProto) -> None:
        name = prefix + message.name
        fields = {field.name: self._field(message, field) for field in message.field}
        self.messages[name] = {"options": self._options(message.options), "fields": fields}
        for enum in message.enum_type:
            self._add_enum(f"{name}.", enum)
        for nested in message.nested_type:
            if not nested.options.map_entry:
                self._add_message(f"{name}.", nested)

    def _field(self, message: DescriptorProto, field: FieldDescriptorProto) -> Facts:
        kind, label = _get_type(field), "repeated" if field.label == field.LABEL_REPEATED else "singular"
        for nested in message.nested_type:
            if nested.options.map_entry and field.type_name.endswith(f".{message.name}.{nested.name}"):
                kind, label = f"map<{', '.join(_get_type(part) for part in nested.field)}>", "map"
        return {
            "number": field.number,
            "type": kind,
            "label": label,
            "oneof": message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None,
            "options": self._options(field.options),
        }

    def _options(self, options: Message) -> list[str]:
        """Name the marks that are set. They are extensions, so their numbers are read from the bytes."""
        marked = _list_set_flags(options.SerializeToString())
        return sorted(self._marks[options.DESCRIPTOR.name, number] for number in marked)


def _get_type(field: FieldDescriptorProto) -> str:
    if field.type_name:
        return field.type_name.removeprefix(".csi.v1.").removeprefix(".")
    return FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()


def _list_set_flags(data: bytes) -> list[int]:
    """List the numbers of the fields of an options message that hold a true flag (CSI sets nothing else)."""
    numbers, at = [], 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        if tag & 7 != _VARINT or value != 1:
            message = f"an option that is no flag: {data.hex()}"
            raise ValueError(message)
        numbers.append(tag >> 3)
    return numbers


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at
