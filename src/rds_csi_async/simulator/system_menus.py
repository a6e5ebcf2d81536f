"""The menus that tell what the appliance is: resource, identity, packages, safe mode."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from rds_csi_async.simulator.failures import NOT_CHANGEABLE, Failure
from rds_csi_async.simulator.menus import ID, Menu, Row, Schema
from rds_csi_async.simulator.properties import Form, Property
from rds_csi_async.simulator.values import Duration, ItemId, Value, render_value

_MEMORY_BYTES: Final = 32 << 30
_READ: Final = frozenset({"get", "print"})


class ReadOnlyMenu:
    """Rows that a function makes, and that nothing changes."""

    def __init__(self, schema: Schema, make_rows: Callable[[], Sequence[Row]]) -> None:
        self.schema = schema
        self._make_rows = make_rows

    async def list_rows(self) -> Sequence[Row]:
        """See `Menu`."""
        return self._make_rows()

    async def add(self, values: dict[str, Value]) -> ItemId:  # noqa: ARG002 - the protocol's arguments
        """See `Menu`."""
        raise Failure(NOT_CHANGEABLE)

    async def set(self, item: ItemId | None, values: dict[str, Value]) -> None:  # noqa: ARG002 - the protocol's arguments
        """See `Menu`."""
        raise Failure(NOT_CHANGEABLE)

    async def remove(self, item: ItemId) -> None:  # noqa: ARG002 - the protocol's arguments
        """See `Menu`."""
        raise Failure(NOT_CHANGEABLE)


class IdentityMenu(ReadOnlyMenu):
    """The appliance's name, which can be changed."""

    def __init__(self, read: Callable[[], str], write: Callable[[str], Awaitable[None]]) -> None:
        name = Property("name", Form.PLAIN, settable=True)
        schema = Schema(("system", "identity"), (name,), _READ | {"set"}, singleton=True)
        super().__init__(schema, lambda: [{"name": read()}])
        self._write = write

    async def set(self, item: ItemId | None, values: dict[str, Value]) -> None:  # noqa: ARG002 - it is the only row
        """See `Menu`."""
        if "name" in values:
            await self._write(render_value(values["name"]))


def resource_menu(version: str, uptime_ns: Callable[[], int]) -> Menu:
    """Make `/system/resource`, of a box like the RDS2216."""
    forms = {"free-memory": Form.SIZE, "total-memory": Form.SIZE, "cpu-count": Form.NUMBER, "cpu-load": Form.PERCENT}

    def row() -> Row:
        return {
            "uptime": Duration(uptime_ns() // 10**9 * 10**9),
            "version": version,
            "free-memory": _MEMORY_BYTES // 2,
            "total-memory": _MEMORY_BYTES,
            "cpu": "ARM64",
            "cpu-count": 16,
            "cpu-load": 1,
            "architecture-name": "arm64",
            "board-name": "RDS2216-2XG-4S+4XS-2XQ",
            "platform": "MikroTik",
        }

    properties = tuple(Property(name, forms.get(name, Form.PLAIN)) for name in row())
    return ReadOnlyMenu(Schema(("system", "resource"), properties, _READ, singleton=True), lambda: [row()])


def package_menu(version: str) -> Menu:
    """Make `/system/package`: the system, and what its storage needs."""
    number = version.split(" ", maxsplit=1)[0]
    rows: list[Row] = [
        {ID: ItemId(place), "name": name, "version": number}
        for place, name in enumerate(("routeros", "rose-storage"), start=1)
    ]
    properties = (Property("name", Form.PLAIN), Property("version", Form.PLAIN))
    schema = Schema(("system", "package"), properties, _READ | {"find"}, columns=("name", "version"))
    return ReadOnlyMenu(schema, lambda: rows)


def health_menu() -> Menu:
    """Make `/system/health`, of a box that is well. Values and units are texts, as RouterOS 7 prints them."""
    shown = (
        ("cpu-temperature", "45", "C"),
        ("board-temperature1", "38", "C"),
        ("fan1-speed", "5200", "RPM"),
        ("fan2-speed", "5180", "RPM"),
        ("psu1-state", "ok", ""),
        ("psu2-state", "ok", ""),
        ("psu1-power", "61.5", "W"),
        ("psu2-power", "58.0", "W"),
        ("psu1-voltage", "12.1", "V"),
        ("psu1-current", "5.1", "A"),
        ("psu1-temperature", "33", "C"),
        ("psu2-temperature", "34", "C"),
    )
    rows: list[Row] = [
        {ID: ItemId(place), "name": name, "value": value, "type": unit}
        for place, (name, value, unit) in enumerate(shown, start=1)
    ]
    properties = tuple(Property(name, Form.PLAIN) for name in ("name", "value", "type"))
    schema = Schema(("system", "health"), properties, _READ | {"find"}, columns=("name", "value", "type"))
    return ReadOnlyMenu(schema, lambda: rows)


def service_menu(most_sessions: int) -> Menu:
    """Make `/ip/service`, as far as it is about SSH."""
    properties = (Property("name", Form.PLAIN), Property("port", Form.NUMBER), Property("max-sessions", Form.NUMBER))
    schema = Schema(("ip", "service"), properties, _READ | {"find"}, columns=("name", "port"))
    rows: list[Row] = [{ID: ItemId(1), "name": "ssh", "port": 22, "max-sessions": most_sessions}]
    return ReadOnlyMenu(schema, lambda: rows)


def safe_mode_menu(is_held: Callable[[], bool]) -> Menu:
    """Make `/safe-mode`, which says whether someone holds it."""
    schema = Schema(("safe-mode",), (Property("enabled", Form.BOOL),), _READ, singleton=True)
    return ReadOnlyMenu(schema, lambda: [{"enabled": is_held()}])
