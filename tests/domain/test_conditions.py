"""A volume is well until something is found."""

from rds_csi_async.domain.conditions import WELL, Condition, condition_of


def test_what_was_found_is_the_message() -> None:
    """And nothing found is well."""
    assert condition_of(None) == WELL
    assert not WELL.abnormal
    assert condition_of("the export is off") == Condition(abnormal=True, message="the export is off")
