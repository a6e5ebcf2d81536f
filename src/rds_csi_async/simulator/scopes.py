"""Where a name gets its value: locals that die with their braces, a user's globals, a row's properties."""

from collections.abc import Mapping

from rds_csi_async.simulator.values import NOTHING, Value


class Scope:
    """One pair of braces, inside another or at the root of a line."""

    def __init__(self, global_values: dict[str, Value], parent: "Scope | None" = None) -> None:
        self._global_values = global_values
        self._parent = parent
        self._local: dict[str, Value] = {}
        self._global_names: set[str] = set()

    def inner(self) -> "Scope":
        """Open braces inside this one."""
        return Scope(self._global_values, self)

    def root(self) -> "Scope":
        """Open the scope of a function's body: it sees nothing of this one."""
        return Scope(self._global_values)

    def find(self, name: str) -> Value:
        """Return a variable's value; nothing if it is not declared."""
        if name in self._local:
            return self._local[name]
        if name in self._global_names:
            return self._global_values.get(name, NOTHING)
        return NOTHING if self._parent is None else self._parent.find(name)

    def declare(self, name: str, value: Value) -> None:
        """Make a local variable."""
        self._local[name] = value

    def declare_global(self, name: str, value: Value | None) -> None:
        """Make the user's global visible here, and give it a value if there is one."""
        self._local.pop(name, None)
        self._global_names.add(name)
        if value is not None:
            self._global_values[name] = value

    def assign(self, name: str, value: Value) -> None:
        """Change a variable where it was declared."""
        if name in self._local:
            self._local[name] = value
        elif name in self._global_names or self._parent is None:
            self._global_values[name] = value
        else:
            self._parent.assign(name, value)


class RowScope(Scope):
    """Every property of a menu hides the variable of its name, also where the row has no value for it."""

    def __init__(self, outer: Scope, properties: frozenset[str], row: Mapping[str, Value]) -> None:
        super().__init__({}, outer)
        self._properties = properties
        self._row = row

    def has_property(self, name: str) -> bool:
        """Tell whether the menu has such a property."""
        return name in self._properties

    def find(self, name: str) -> Value:
        """Return a property of the row, else a variable."""
        return self._row.get(name, NOTHING) if name in self._properties else super().find(name)
