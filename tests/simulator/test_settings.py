"""Settings that name nothing let nobody in."""

from pathlib import Path

import pytest

from rds_csi_async.simulator.settings import SimulatorSettings


def test_nobody_gets_in_by_default() -> None:
    """And nobody from elsewhere can try."""
    settings = SimulatorSettings(Path("root"), ())
    assert (settings.authorized_keys, settings.password, settings.listen) == ((), None, "127.0.0.1")


@pytest.mark.parametrize(
    ("version", "number"), [("7.23.3 (stable)", (7, 23)), ("7.9rc1", (7, 9)), ("unknown", (7, 21))]
)
def test_a_version_has_a_number(version: str, number: tuple[int, int]) -> None:
    """By which is decided what there is."""
    assert SimulatorSettings(Path("root"), (), version=version).version_number == number
