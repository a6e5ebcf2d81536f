"""An array says how it is."""

import pytest

from rds_csi_async.domain.vitals import FIGURES, NAMED_SENSORS, UNITS, DiskArray


@pytest.mark.parametrize(
    ("state", "clean", "syncing"),
    [
        ("clean", True, False),
        ("clean, sync:repair, resync = 12%", True, True),
        ("active", False, False),
        ("degraded", False, False),
        ("clean-ish", False, False),
        ("", False, False),
    ],
)
def test_an_array_is_clean_by_its_first_word(state: str, *, clean: bool, syncing: bool) -> None:
    """What comes after it tells whether it is being worked on."""
    array = DiskArray("raid10", state)
    assert (array.is_clean, array.is_syncing) == (clean, syncing)


def test_names_end_in_their_unit() -> None:
    """As metrics do; and none is there twice."""
    names = [measure.name for measure in (*FIGURES, *UNITS)]
    assert len(set(names)) == len(names)
    assert len(set(NAMED_SENSORS.values())) == len(NAMED_SENSORS)
    units = ("_per_second", "_seconds", "_operations", "_celsius", "_rpm", "_watts", "_volts", "_amperes", "_ok")
    assert all(name.endswith(units) for name in names)
