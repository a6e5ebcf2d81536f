"""Settings that name nothing let nobody in."""

from pathlib import Path

from rds_csi_async.simulator.settings import SimulatorSettings


def test_nobody_gets_in_by_default() -> None:
    """And nobody from elsewhere can try."""
    settings = SimulatorSettings(Path("root"), ())
    assert (settings.authorized_keys, settings.password, settings.listen) == ((), None, "127.0.0.1")
