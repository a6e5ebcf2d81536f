"""The table of `/disk` has what its defaults and columns speak of."""

from rds_csi_async.simulator.disk_schema import DISK_SCHEMA, FILE_DISK_DEFAULTS


def test_defaults_and_columns_are_properties() -> None:
    """A name that is spelt differently in two places would never be seen."""
    assert FILE_DISK_DEFAULTS.keys() | set(DISK_SCHEMA.columns) <= DISK_SCHEMA.names()


def test_images_are_mounted_by_default() -> None:
    """As on the appliance; whoever does not want it must say so."""
    assert FILE_DISK_DEFAULTS["mount-filesystem"] is True


def test_each_property_and_letter_is_there_once() -> None:
    """Two flags of one letter could not be told apart."""
    letters = [prop.letter for prop in DISK_SCHEMA.properties if prop.letter]
    names = [prop.name for prop in DISK_SCHEMA.properties]
    assert (len(set(letters)), len(set(names))) == (len(letters), len(names))
