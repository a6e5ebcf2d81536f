"""What is pending is shown, and named while it is slow."""

import asyncio
import logging

import pytest

from rds_csi_async.domain.errors import NotReadyError, RefusedError
from rds_csi_async.ports.telemetry import OPERATIONS
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.pending import Pending, named_when_slow
from tests.fakes.telemetry import FakeTelemetry
from tests.services.supervising import Work

pytestmark = pytest.mark.looptime


async def test_it_is_shown_while_it_lasts() -> None:
    """Under the telemetry's name, and no more when it has failed."""
    telemetry = FakeTelemetry()
    pending = Pending(telemetry, {"expand": "node_expand"})

    def fail() -> None:
        with pending.shown("expand", "a"), pending.shown("stage", "b"):
            assert telemetry.pending == {"node_expand": {"a"}, "stage": {"b"}}
            message = "no"
            raise RefusedError(message)

    with pytest.raises(RefusedError):
        fail()
    assert telemetry.pending == {"node_expand": set(), "stage": set()}
    assert "node_expand" in OPERATIONS


async def test_what_is_slow_is_named_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    """After ten seconds, then after twice as long each time; and when it ends at last."""
    with caplog.at_level(logging.INFO):
        with named_when_slow("stage of v"):
            await asyncio.sleep(45)
        await asyncio.sleep(200)
    assert [record.getMessage() for record in caplog.records] == [
        "stage of v is slow: it has been pending for 10 s",
        "stage of v is slow: it has been pending for 20 s",
        "stage of v is slow: it has been pending for 40 s",
        "stage of v has ended, after 45 s",
    ]


async def test_what_is_quick_is_not_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    """Not later either."""
    with caplog.at_level(logging.DEBUG, logger="rds_csi_async"):
        with named_when_slow("stage of v"):
            await asyncio.sleep(9)
        await asyncio.sleep(100)
    assert caplog.records == []


async def test_what_waits_and_what_is_under_way_is_shown() -> None:
    """Until it ends, however; a call that joins is the same operation."""
    telemetry, supervisor = FakeTelemetry(), Supervisor()
    operations = Operations(supervisor, {"rds1": 1}, pending=Pending(telemetry, {}))
    works = [Work(), Work(error=RefusedError("no"))]
    calls = [
        supervisor.start("call", operations.run(f"v{number}", 1, work.create, "rds1"))
        for number, work in enumerate(works)
    ]
    joined = supervisor.start("call", operations.run("v0", 1, works[0].create, "rds1"))
    await asyncio.sleep(1)
    assert telemetry.pending == {"create": {"v0", "v1"}}
    assert (await calls[0], await joined) == (1, 1)
    await asyncio.sleep(1)
    assert telemetry.pending == {"create": {"v1"}}
    with pytest.raises(RefusedError):
        await calls[1]
    assert telemetry.pending == {"create": set()}


async def test_an_operation_that_never_began_to_work_is_shown_no_more() -> None:
    """It was cancelled before its first step, and warns of nothing."""
    telemetry, supervisor = FakeTelemetry(), Supervisor()
    operations = Operations(supervisor, pending=Pending(telemetry, {}))
    call = Supervisor().start("call", operations.run("v", 1, Work().create))
    await asyncio.sleep(0)
    await supervisor.drain(0)
    with pytest.raises(NotReadyError):
        await call
    assert telemetry.pending.get("create", set()) == set()
