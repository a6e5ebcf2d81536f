"""Traffic is shown once, or without end."""

import pytest

from rds_csi_async.simulator.lines import SessionEnded
from rds_csi_async.simulator.session import Session
from tests.simulator.conftest import Bench


async def test_once(bench: Bench) -> None:
    """Names and values to the right, as on hardware."""
    lines = (await bench.run("/disk monitor-traffic pool1 once")).splitlines()
    assert lines[0] == "                  slot:           pool1"
    assert lines[1] == "              read-ops:               0"
    assert "             read-rate:            0bps" in lines
    assert lines[-1] == "             wait-time:             0ms"


async def test_without_end(bench: Bench) -> None:
    """With what a terminal needs to draw it again, until nobody looks."""
    written: list[str] = []
    console = bench.console(written)
    _leave_after(console.session, written, 3)
    with pytest.raises(SessionEnded):
        await console.run_line("/disk monitor-traffic pool1")
    assert len(written) == 3
    assert written[1].startswith("\x1b[H")
    assert bench.slept == [1, 1, 1]


async def test_no_disk_has_no_traffic(bench: Bench) -> None:
    """It is said."""
    assert await bench.run("/disk monitor-traffic none once") == "no such item (/disk/monitor-traffic; line 1)\n"


def _leave_after(session: Session, written: list[str], count: int) -> None:
    async def pause() -> None:
        if len(written) == count:
            raise SessionEnded

    session.pause = pause
