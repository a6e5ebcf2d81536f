"""What a console tells of its connection, and whether its owner gets on. Part of its tests, and a way to run one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.ports.progress import Progress
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.outages import Outages
from rds_csi_async.routeros.settings import ApplianceSettings
from tests.fakes.appliance_telemetry import FakeApplianceTelemetry
from tests.fakes.sessions import Dialler, FakeSession
from tests.routeros.examples import SETTINGS


@asynccontextmanager
async def running(console: SshConsole) -> AsyncIterator[None]:
    """Run the owner meanwhile."""
    async with asyncio.TaskGroup() as group:
        owner = group.create_task(console.keep_connected())
        try:
            yield
        finally:
            owner.cancel()


class TellingConsole:
    """Whoever inherits runs in virtual time."""

    async def test_what_becomes_of_the_connection_is_told(self) -> None:
        """Each attempt, each loss; and the end of the owner."""
        telemetry = FakeApplianceTelemetry()
        first, second = FakeSession(), FakeSession()
        dialler = Dialler([UnreachableError("refused"), first, second])
        console = SshConsole(SETTINGS, dialler.open, lambda _least, most: most, Outages("rds", telemetry))
        async with running(console):
            while telemetry.up != {"rds": True}:  # noqa: ASYNC110 - it is another's state
                await asyncio.sleep(1)
            first.lose()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert telemetry.up == {"rds": False}
            await console.run("two", mutating=True)
            assert telemetry.up == {"rds": True}
        assert telemetry.up == {"rds": False}
        assert telemetry.addresses == {"rds": SETTINGS.address}
        assert [error is None for _, error, _ in telemetry.attempts] == [False, True]

    @pytest.mark.parametrize(
        "plan", [[], [FakeSession()], [FakeSession(refusals=10**6)], [FakeSession(alive=False)] * 3]
    )
    async def test_the_owner_gets_on_whatever_the_appliance_does(
        self, plan: list[FakeSession | UnreachableError]
    ) -> None:
        """Down, up, crowded or mute for hours: that is no reason to begin anew."""
        stalls: list[str | None] = []
        progress = Progress("the owner", 90, asyncio.get_running_loop().time)
        console = SshConsole(SETTINGS, Dialler(plan).open, lambda _least, most: most, step=progress.step)
        async with running(console):
            for _ in range(600):
                await asyncio.sleep(12.3)
                stalls.append(progress.find_stall())
        assert set(stalls) == {None}

    async def test_an_owner_that_waits_for_what_never_comes_is_told_of(self) -> None:
        """Its task is there, and looks alive to everybody else."""
        progress = Progress("the owner", 90, asyncio.get_running_loop().time)

        async def never(_: ApplianceSettings) -> FakeSession:
            await asyncio.Event().wait()
            return FakeSession()

        console = SshConsole(SETTINGS, never, step=progress.step)
        async with running(console):
            await asyncio.sleep(91)
            assert progress.find_stall() == "the owner has not got on for 91 s"
