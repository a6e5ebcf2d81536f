"""Names have the value of the innermost place that declares them."""

from rds_csi_async.simulator.scopes import RowScope, Scope
from rds_csi_async.simulator.values import NOTHING, Value


def test_locals_hide_and_are_assigned_where_declared() -> None:
    """An inner one of the same name is another."""
    outer = Scope({})
    outer.declare("a", 1)
    inner = outer.inner()
    inner.assign("a", 2)
    assert outer.find("a") == 2
    inner.declare("a", 3)
    assert (inner.find("a"), outer.find("a"), outer.root().find("a")) == (3, 2, NOTHING)


def test_globals_are_seen_only_where_declared() -> None:
    """Their values outlive the scope."""
    values: dict[str, Value] = {"g": 1}
    scope = Scope(values)
    assert scope.find("g") == NOTHING
    scope.declare_global("g", None)
    scope.inner().assign("g", 5)
    assert values == {"g": 5}


def test_a_menus_properties_hide_variables_even_where_a_row_lacks_them() -> None:
    """So `where name=$name` holds for every row."""
    outer = Scope({})
    outer.declare("name", "mine")
    outer.declare("other", 1)
    row = RowScope(outer, frozenset({"name", "size"}), {"size": 3})
    assert [row.find(name) for name in ("name", "size", "other")] == [NOTHING, 3, 1]
    assert row.has_property("name")
