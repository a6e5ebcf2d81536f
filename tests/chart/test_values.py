"""What can be set is described, typed, and written down; all three agree."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.chart.rendering import CHART

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "chart_readme.py"))
TEXT = (CHART / "values.yaml").read_text()
VALUES: dict[str, Any] = yaml.safe_load(TEXT)
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    else:
        yield path


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    return found


def _typed(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the paths that the schema has; what may hold any key ends there."""
    properties = _resolve(schema).get("properties")
    if not properties:
        yield path
        return
    for key, each in properties.items():
        yield from _typed(each, (*path, key))


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict) and schema.get("type") == "object":
            yield schema
        for each in schema.values():
            yield from _objects(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _objects(each)


def test_the_readme_is_made_of_the_comments() -> None:
    """Whoever changes a comment runs `.ci/chart_readme.py`."""
    readme = (CHART / "README.md").read_text()
    assert SCRIPT["replace"](readme, SCRIPT["render"](TEXT)) == readme


def test_every_value_is_described() -> None:
    """By a comment of its own, or of what it is a part of."""
    described = {one.path for one in SCRIPT["describe"](TEXT)}
    leaves = list(_leaves(VALUES))
    assert [path for path in leaves if not any(path[:n] in described for n in range(min(2, len(path)), 9))] == []


def test_every_value_is_typed_and_every_type_has_its_value() -> None:
    """Else a value could not be set, or a key that is taken would do nothing."""
    typed = set(_typed(SCHEMA)) - {("global",)}
    leaves = set(_leaves(VALUES))
    free = {("storageClassDefaults", name) for name in ("making", "session")}  # empty unless they are wanted otherwise
    untyped = [path for path in leaves if not any(path[:length] in typed for length in range(1, len(path) + 1))]
    assert set(untyped) == free
    optional = {"claims", "limits", "requests"}  # what Kubernetes' resources may hold
    optional |= {path[-1] for path in typed if path[:-1] in free}
    unused = [path for path in typed if not any(leaf[: len(path)] == path for leaf in leaves)]
    assert [path for path in unused if path[-1] not in optional] == []


def test_no_object_takes_unknown_keys() -> None:
    """A misspelt key is said."""
    objects = list(_objects(SCHEMA))
    assert len(objects) > 20
    assert [each for each in objects if each.get("additionalProperties") is not False] == []
