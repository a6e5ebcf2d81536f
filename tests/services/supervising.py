"""Tasks are started, waited for and given up together."""

import asyncio
import logging

import pytest

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.services.operations import Operations, Supervisor


class Work:
    """Something that takes `takes_s`, counts how often it was done, and can fail."""

    def __init__(self, takes_s: float = 10, error: BaseException | None = None) -> None:
        self.takes_s = takes_s
        self.error = error
        self.begun = 0
        self.ended = 0

    async def create(self) -> int:
        """Do it."""
        self.begun += 1
        await asyncio.sleep(self.takes_s)
        if self.error is not None:
            raise self.error
        self.ended += 1
        return self.ended


class Supervising:
    """A supervisor owns its tasks until they end."""

    async def test_draining_waits_for_what_ends_in_time(self, operations: Operations, supervisor: Supervisor) -> None:
        """And no longer."""
        work = Work(takes_s=10)
        call = supervisor.start("call", operations.run("v", 1, work.create))
        await asyncio.sleep(1)
        await supervisor.drain(60)
        assert asyncio.get_running_loop().time() == pytest.approx(10)
        assert (await call, work.ended) == (1, 1)

    async def test_draining_gives_up_what_does_not_end_in_time(
        self, operations: Operations, supervisor: Supervisor
    ) -> None:
        """Its caller learns that the outcome is unknown, and is not itself cancelled."""
        work = Work(takes_s=100)
        caller = Supervisor().start("call", operations.run("v", 1, work.create))
        await asyncio.sleep(1)
        await supervisor.drain(30)
        assert asyncio.get_running_loop().time() == pytest.approx(31)
        with pytest.raises(NotReadyError, match="driver stops"):
            await caller
        assert (work.begun, work.ended, len(operations)) == (1, 0, 0)

    async def test_draining_nothing_is_done_at_once(self, supervisor: Supervisor) -> None:
        """There is nothing to wait for."""
        await supervisor.drain(60)
        assert asyncio.get_running_loop().time() == 0

    async def test_a_task_that_fails_takes_no_other_with_it(
        self, supervisor: Supervisor, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is written down by name, and the others go on."""
        work = Work()
        with caplog.at_level(logging.DEBUG):
            good = supervisor.start("good", work.create())
            bad = supervisor.start("bad", Work(takes_s=1, error=ValueError("broken")).create())
            assert await good == 1
        assert isinstance(bad.exception(), ValueError)
        assert "task bad failed: broken" in caplog.text
