"""A schema makes the commands of its menu."""

from rds_csi_async.simulator.disk_schema import DISK_SCHEMA
from rds_csi_async.simulator.menus import MenuVocabulary
from rds_csi_async.simulator.system_menus import ReadOnlyMenu
from rds_csi_async.simulator.vocabulary import Kind

VOCABULARY = MenuVocabulary([ReadOnlyMenu(DISK_SCHEMA, list)])


def test_menus_above_are_menus_too() -> None:
    """The root is one."""
    assert all(map(VOCABULARY.is_menu, [(), ("disk",)]))
    assert not VOCABULARY.is_menu(("file",))


def test_only_settable_properties_are_arguments() -> None:
    """Switches are checked by the parser."""
    add = VOCABULARY.find_shape(("disk",), "add")
    assert add is not None
    assert add.parameters["swap"] is Kind.BOOL
    assert add.parameters["comment"] is Kind.TEXT
    assert "size" not in add.parameters


def test_a_verb_that_the_menu_lacks_is_unknown() -> None:
    """As is a verb of no menu."""
    assert VOCABULARY.find_shape(("disk",), "nope") is None
    assert VOCABULARY.find_shape(("file",), "print") is None


def test_names_include_the_id() -> None:
    """Which is no property of the table."""
    assert ".id" in DISK_SCHEMA.names()
    assert DISK_SCHEMA.find_property(".id") is None
