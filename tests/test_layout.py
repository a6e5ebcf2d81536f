"""The layout keeps its promises: tests mirror the source, and nothing grows beyond what can be read at once."""

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockingError

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SOURCE = ROOT / "src" / "rds_csi_async"
WRITTEN = (".ci", "benchmarks", "proto", "src", "tests")  # by hand, the generated code apart
GENERATED = SOURCE / "csi" / "generated"
RINGS = sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists())
LONGEST_FILE = 250
LONGEST_FUNCTION = 50


def _modules(folder: Path = SOURCE) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if GENERATED not in path.parents)


def _everything() -> list[Path]:
    return [file for folder in WRITTEN for file in _modules(ROOT / folder)]


def _tests_of(module: Path) -> Path:
    return TESTS / module.relative_to(SOURCE).with_name(f"test_{module.name}")


def _is_only_protocols(module: Path) -> bool:
    """Tell of a port whether its proof is the contract that its implementations sit, there being no code of its own."""
    if module.parent != SOURCE / "ports":
        return False
    return all(_is_declaration(node) for node in ast.parse(module.read_text()).body)


def _is_declaration(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.Expr)


def _functions(module: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield f"{module.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("ring", RINGS)
def test_every_module_has_its_tests(ring: str) -> None:
    """Whoever reads a module knows where its tests are."""
    untested = [
        str(module.relative_to(SOURCE))
        for module in _modules(SOURCE / ring)
        if module.name != "__init__.py" and not _is_only_protocols(module) and not _tests_of(module).exists()
    ]
    assert untested == []


@pytest.mark.parametrize("ring", RINGS)
def test_every_test_has_its_module(ring: str) -> None:
    """And no test outlives what it was about."""
    stray = [
        str(test.relative_to(TESTS))
        for test in sorted((TESTS / ring).rglob("test_*.py"))
        if not (SOURCE / test.relative_to(TESTS)).with_name(test.name.removeprefix("test_")).exists()
    ]
    assert stray == []


def test_the_rings_are_looked_at() -> None:
    """A moved source tree must not make the mirror empty, and so true."""
    assert {"domain", "ports", "services", "csi", "routeros", "app"} <= set(RINGS)
    assert {SOURCE / "ports" / "deadlines.py", Path(__file__), ROOT / ".ci" / "set_up.py"} <= set(_everything())
    assert not _is_only_protocols(SOURCE / "ports" / "deadlines.py")
    assert _is_only_protocols(SOURCE / "ports" / "rds.py")


def test_no_file_is_too_long() -> None:
    """Nobody has to scroll far to have read all of it."""
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in _everything()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    """A function fits on a screen."""
    lengths = dict(found for file in _everything() for found in _functions(file))
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


async def test_what_blocks_the_loop_is_found_out() -> None:
    """The guard of `conftest` is on, and sees through to the standard library."""
    with pytest.raises(BlockingError):
        time.sleep(0)  # noqa: ASYNC251 - the very mistake
    with pytest.raises(BlockingError):
        Path(__file__).read_bytes()  # noqa: ASYNC240 - another
