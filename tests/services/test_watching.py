"""Readiness is answered from memory, and never better than what was seen last."""

import asyncio
import contextlib
import logging

import pytest

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.services.watching import Check, Watching


class Appliance:
    """A check that fails while `down`."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down

    async def check(self) -> None:
        """Fail as an appliance does that does not answer."""
        if self.down:
            message = "nobody answers"
            raise UnreachableError(message)


async def _watched(watching: Watching, for_s: float) -> str | None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            await watching.watch()
    return watching.find_reason()


@pytest.mark.looptime
async def test_what_was_not_looked_at_is_not_ready() -> None:
    """Before the first look nothing is believed."""
    assert Watching({"a": Appliance().check}).find_reason() == "a: not looked at yet"


@pytest.mark.looptime
async def test_one_of_several_is_enough() -> None:
    """One appliance that answers is work that can be done; the other is told of beside."""
    watching = Watching({"a": Appliance(down=True).check, "b": Appliance().check})
    assert await _watched(watching, 1) is None
    assert watching.find_remark() == "a: nobody answers"


@pytest.mark.looptime
async def test_a_lost_appliance_is_noticed_and_its_return_too() -> None:
    """Each round replaces what the last one saw."""
    one = Appliance()
    watching = Watching({"a": one.check}, interval_s=5)
    assert await _watched(watching, 1) is None
    one.down = True
    assert await _watched(watching, 1) == "a: nobody answers"
    one.down = False
    assert await _watched(watching, 1) is None


@pytest.mark.looptime
async def test_a_check_that_hangs_is_a_reason() -> None:
    """No answer is not an answer."""

    async def hang() -> None:
        await asyncio.Event().wait()

    check: Check = hang
    assert await _watched(Watching({"a": check}, timeout_s=2), 3) == "a: no answer within 2 s"


@pytest.mark.looptime
async def test_the_log_tells_of_what_changes_and_of_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """Once when it is lost and once when it is back, not every five seconds."""
    caplog.set_level(logging.INFO)
    one = Appliance(down=True)
    watching = Watching({"a": one.check}, interval_s=5)
    await _watched(watching, 21)
    one.down = False
    await _watched(watching, 21)
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [("WARNING", "a is not ready: nobody answers"), ("INFO", "a is ready")]


@pytest.mark.looptime
async def test_whoever_wants_to_know_is_told_of_changes() -> None:
    """Of trouble, also of another one, and of its end; not of a first look that finds all well."""
    one, told = Appliance(), list[tuple[str, str | None]]()
    watching = Watching({"a": one.check}, lambda name, reason: told.append((name, reason)), interval_s=5)
    await _watched(watching, 11)
    assert told == []
    one.down = True
    await _watched(watching, 11)
    one.down = False
    await _watched(watching, 11)
    assert told == [("a", "nobody answers"), ("a", None)]


@pytest.mark.looptime
async def test_trouble_from_the_start_is_told() -> None:
    """A node that never could is not silent about it."""
    told = list[tuple[str, str | None]]()
    await _watched(Watching({"a": Appliance(down=True).check}, lambda *said: told.append(said)), 11)
    assert told == [("a", "nobody answers")]
