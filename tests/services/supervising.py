"""Tasks are started, waited for and given up together."""

import asyncio
import contextlib
import logging

import pytest

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.ports.progress import Progress
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

    async def test_a_task_that_swallows_its_cancellation_is_told_again(self, supervisor: Supervisor) -> None:
        """As one that awaits a library which loses it; the process still ends in time."""
        ended = asyncio.Event()

        async def swallow_once() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        supervisor.start("swallow", swallow_once())
        await asyncio.sleep(0)
        await supervisor.drain(0)
        assert ended.is_set()

    async def test_a_task_that_never_ends_is_left_behind_and_named(
        self, supervisor: Supervisor, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Nothing waits for it for ever."""
        stop = asyncio.Event()

        async def refuse() -> None:
            while not stop.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await stop.wait()

        task = supervisor.start("the deaf one", refuse())
        await asyncio.sleep(0)
        await supervisor.drain(0)
        assert "left behind: the deaf one" in caplog.text
        stop.set()
        await task

    async def test_endless_work_that_ends_is_a_reason_to_start_anew(self, supervisor: Supervisor) -> None:
        """Nothing would ever reconnect again, and nobody would know; what was cancelled ended as it should."""

        async def fail() -> None:
            message = "a bug"
            raise ValueError(message)

        supervisor.start_endless("keep connected", asyncio.Event().wait())
        assert supervisor.find_ended() is None
        supervisor.start_endless("watch", fail())
        await asyncio.sleep(1)
        assert supervisor.find_ended() == "watch ended: ValueError('a bug')"
        await supervisor.drain(0)
        assert supervisor.find_ended() == "watch ended: ValueError('a bug')"

    async def test_endless_work_that_does_not_get_on_is_one_too(self, supervisor: Supervisor) -> None:
        """Its task goes on, and waits for what never comes."""
        clock = asyncio.get_running_loop().time
        progresses = [Progress(name, 60, clock) for name in ("the scanner", "the owner")]
        supervisor.start_endless("without", asyncio.Event().wait())
        for progress in progresses:
            supervisor.start_endless("with", asyncio.Event().wait(), progress)
        await asyncio.sleep(50)
        assert supervisor.find_stalled() is None
        progresses[1].step()
        await asyncio.sleep(50)
        assert supervisor.find_stalled() == "the scanner has not got on for 100 s"
        assert supervisor.find_ended() is None
        await supervisor.drain(0)
