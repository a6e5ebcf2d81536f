"""The wire interface: the .proto file against the facts, and the committed Python against the .proto file."""

import ast
import importlib.util
from pathlib import Path

import pytest

import rds_csi_async.csi
from rds_csi_async.csi import wire
from rds_csi_async.csi.methods import list_methods
from tests.csi.google_messages import FACTS, list_message_types
from tests.csi.proto_facts import compile_proto, describe

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto" / "csi" / "v1" / "csi.proto"
needs_protoc = pytest.mark.skipif(
    importlib.util.find_spec("grpc_tools") is None,
    reason="grpcio-tools is not installed (it comes with the `proto` dependency group)",
)


@needs_protoc
def test_the_proto_file_says_what_csi_1_12_says(tmp_path: Path) -> None:
    """Every name, number, type, label, oneof and mark agrees with the facts, and nothing is there beside them."""
    assert describe(compile_proto(PROTO, [ROOT / "proto"], tmp_path / "descriptor")) == FACTS


@needs_protoc
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("string starting_token = 2;", "string starting_token = 3;"),
        ("int64 required_bytes = 1;", "int32 required_bytes = 1;"),
        ("map<string, string> segments = 1;", "map<string, bytes> segments = 1;"),
        ("bool csi_secret = 1059;", "bool csi_secret = 1061;"),
        ("rpc Probe(ProbeRequest)", "rpc Probe(stream ProbeRequest)"),
        ("ONLINE = 1;", "ONLINE = 7;"),
        ("  option (alpha_message) = true;\n\n  bool abnormal", "  bool abnormal"),
    ],
)
def test_a_difference_shows(right: str, wrong: str, tmp_path: Path) -> None:
    """The comparison sees a change of any kind, so that agreement means something."""
    text = PROTO.read_text()
    assert right in text
    changed = tmp_path / "csi.proto"
    changed.write_text(text.replace(right, wrong, 1))
    assert describe(compile_proto(changed, [tmp_path], tmp_path / "descriptor")) != FACTS


@needs_protoc
def test_what_is_committed_is_what_the_proto_file_makes(tmp_path: Path) -> None:
    """The generated Python is fresh: made again, it is the same (`python proto/generate.py` makes it)."""
    from proto import generate  # noqa: PLC0415 - it imports grpcio-tools

    generate.compile_to(tmp_path)
    assert generate.list_stale(tmp_path, generate.GENERATED) == []


@needs_protoc
def test_staleness_shows(tmp_path: Path) -> None:
    """A changed file, a missing one and one too many are each named."""
    from proto import generate  # noqa: PLC0415 - it imports grpcio-tools

    fresh, committed = tmp_path / "fresh", tmp_path / "committed"
    for root, texts in ((fresh, {"a": "1", "b": "2", "c": "3"}), (committed, {"a": "1", "b": "0", "d": "4"})):
        root.mkdir()
        for name, text in texts.items():
            (root / f"{name}.py").write_text(text)
    assert generate.list_stale(fresh, committed) == ["b.py", "c.py", "d.py"]


def test_every_name_is_a_message_an_enum_or_a_service() -> None:
    """Whatever the edge is given by this module exists."""
    assert sorted(set(wire.__all__)) == sorted(name for name in vars(wire) if name[0].isupper())


def test_no_other_module_imports_the_generated_code() -> None:
    """What generates it can be exchanged in one place."""
    source = Path(rds_csi_async.csi.__file__).parents[1]
    importers = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if "generated" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and "generated" in node.module
    }
    assert importers == {"csi/wire.py"}


def test_every_method_and_message_of_the_facts_is_generated() -> None:
    """The Python has all 32 calls, by path, and all 94 messages: no more, no fewer."""
    paths = {
        f"/csi.v1.{service}/{method}" for service, facts in FACTS["services"].items() for method in facts["methods"]
    }
    assert {method.path for method in list_methods([])} == paths
    flat = {name.replace(".", "").lower() for name in FACTS["messages"]}
    assert {message_type.__name__.lower() for message_type in list_message_types()} == flat


def test_secrets_go_by_one_name() -> None:
    """Every field that CSI marks as secret is named `secrets`, which is what redaction goes by; and no other is."""
    secret = {
        (message, field)
        for message, facts in FACTS["messages"].items()
        for field, of_field in facts["fields"].items()
        if "csi_secret" in of_field["options"]
    }
    named = {(message, "secrets") for message, facts in FACTS["messages"].items() if "secrets" in facts["fields"]}
    assert secret == named
    assert len(secret) == 19
