"""What a Kubernetes API remembers: objects, their changes, and who watches. Of patches, what the sidecars send."""

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]


class PatchError(Exception):
    """A patch does not fit what there is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A resource of a group and version, or one object of it: `/apis/storage.k8s.io/v1`, `storageclasses`."""

    prefix: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def group(self) -> str:
        """The group as roles name it; the oldest has no name."""
        return self.prefix.split("/")[2] if self.prefix.startswith("/apis/") else ""

    def is_in(self, other: "Place") -> bool:
        """Tell whether it is of the other's resource and, where that says one, of its namespace."""
        return (self.prefix, self.resource) == (other.prefix, other.resource) and other.namespace in {
            "",
            self.namespace,
        }


def parse_place(path: str) -> Place | None:
    """Read a path; None when it names no resource."""
    words = path.strip("/").split("/")
    count = 2 if words[0] == "api" else 3
    prefix, rest = "/" + "/".join(words[:count]), words[count:]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    if not rest or words[0] not in {"api", "apis"}:
        return None
    return Place(prefix, rest[0], namespace, *rest[1:3])


def place_of(prefix: str, resource: str, each: Object) -> Place:
    """Give the place of an object."""
    return Place(prefix, resource, each["metadata"].get("namespace", ""), each["metadata"]["name"])


@dataclass
class Store:
    """All objects, by place."""

    objects: dict[Place, Object] = field(default_factory=dict)
    _version: int = 1
    _watchers: list[tuple[Place, "asyncio.Queue[Object]"]] = field(default_factory=list)

    @property
    def version(self) -> str:
        """The newest resource version."""
        return str(self._version)

    def list(self, of: Place) -> list[Object]:
        """Give all objects of a resource."""
        return [each for place, each in self.objects.items() if place.is_in(of)]

    def put(self, place: Place, each: Object) -> Object:
        """Make or replace an object; one that is to go and is held by nobody goes. Give it as it is then."""
        self._version += 1
        known = place in self.objects
        each = copy.deepcopy(each)
        each["metadata"] |= {"resourceVersion": self.version}
        each["metadata"].setdefault("uid", f"uid-{self.version}")
        self.objects[place] = each
        leaves = each["metadata"].get("deletionTimestamp") and not each["metadata"].get("finalizers")
        if leaves:
            del self.objects[place]
        self._tell(place, "DELETED" if leaves else "MODIFIED" if known else "ADDED", each)
        return each

    def remove(self, place: Place) -> Object | None:
        """Take an object away, or only mark it while finalizers hold it; None when it is not there."""
        if place not in self.objects:
            return None
        each = copy.deepcopy(self.objects[place])
        each["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        return self.put(place, each)

    @contextmanager
    def watching(self, of: Place) -> Iterator["asyncio.Queue[Object]"]:
        """Give the changes of a resource from now on."""
        watcher = (of, asyncio.Queue[Object]())
        self._watchers.append(watcher)
        try:
            yield watcher[1]
        finally:
            self._watchers.remove(watcher)

    def _tell(self, place: Place, kind: str, each: Object) -> None:
        for of, queue in self._watchers:
            if place.is_in(of):
                queue.put_nowait({"type": kind, "object": each})


def patch(each: Object, body: bytes, content_type: str) -> Object:
    """Give an object with a patch carried out on it."""
    said = json.loads(body)
    changed = copy.deepcopy(each)
    if content_type.startswith("application/json-patch"):
        for step in said:
            _carry_out(changed, step)
    else:
        _merge(changed, said, strategic=content_type.startswith("application/strategic"))
    return changed


def _merge(onto: Object, said: Object, *, strategic: bool) -> None:
    for key, value in said.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            onto[name] = [each for each in onto.get(name, []) if each not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            onto.pop(key, None)
        elif isinstance(value, dict):
            _merge(onto.setdefault(key, {}), value, strategic=strategic)
        elif strategic and key == "finalizers":
            onto[key] = list(dict.fromkeys([*onto.get(key, []), *value]))
        else:
            onto[key] = value


def _carry_out(onto: Any, step: Object) -> None:
    *parents, last = (word.replace("~1", "/").replace("~0", "~") for word in step["path"].strip("/").split("/"))
    for word in parents:
        onto = onto[int(word)] if isinstance(onto, list) else onto.setdefault(word, {})
    key = int(last) if isinstance(onto, list) and last != "-" else last
    if step["op"] == "test":
        if onto[key] != step["value"]:
            raise PatchError(step)
    elif step["op"] == "remove":
        del onto[key]
    elif isinstance(onto, list):
        onto.insert(len(onto) if key == "-" else int(key), step["value"])
    else:
        onto[key] = step["value"]
