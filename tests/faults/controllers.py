"""A controller of the driver's, from its guard to its SSH connection, that can die and begin anew at any moment."""

import asyncio
from collections.abc import Callable
from typing import Final

from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline

from rds_csi_async.csi.controller import Controller, ControllerServices
from rds_csi_async.csi.guard import CallGuard
from rds_csi_async.csi.methods import list_methods
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import ApplianceSettings, Limits
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from rds_csi_async.services.validating import Validating
from tests.csi.serving import CallLog
from tests.examples import CLUSTER
from tests.fakes.appliances import POOL
from tests.fakes.events import FakeEvents
from tests.fakes.telemetry import FakeTelemetry
from tests.faults.calls import KEY, Answer, Call

CALL_S: Final = 3.0
LIMITS: Final = Limits(
    connect_timeout_s=1, login_timeout_s=1, channel_timeout_s=1, command_timeout_s=0.6, wait_timeout_s=0.5,
    alive_interval_s=1, alive_timeout_s=0.3, shortest_pause_s=0.01, longest_pause_s=0.05,
)  # fmt: skip


class Process:
    """See the module."""

    def __init__(self, name: str, settings: ApplianceSettings, new_mark: Callable[[], str]) -> None:
        self.name = name
        self._settings = settings
        self._new_mark = new_mark
        self._lives = 0
        self._start()

    def _start(self) -> None:
        self._lives += 1
        self._background, self._work = Supervisor(), Supervisor()
        console = SshConsole(self._settings)
        self._background.start_endless("keep it connected", console.keep_connected())
        appliances = Appliances(CLUSTER, [Appliance(KEY, RouterOsRds(self._settings, console), "192.0.2.1", [POOL])])
        writer = f"{self.name}{self._lives}"
        services = ControllerServices(
            Provisioning(appliances, writer),
            Publishing(appliances, writer, self._new_mark, FakeEvents(), AttachmentMetering(FakeTelemetry())),
            Expanding(appliances, writer),
            Listing(appliances),
            Validating(appliances),
        )
        controller = Controller(CLUSTER, Operations(self._work, {KEY: 2 * (LIMITS.channels - 1)}), services)
        self._guard = CallGuard(CallLog())
        self._methods = {method.path: method for method in list_methods([controller])}

    async def stop(self) -> None:
        """Die: what was under way is broken off where it is, and nothing is remembered."""
        await self._work.drain(0)
        await self._background.drain(0)

    async def begin_anew(self) -> None:
        """Die, and begin anew."""
        await self.stop()
        self._start()

    async def answer(self, call: Call) -> Answer:
        """Answer a call as a sidecar would see it."""
        method = self._methods[call.method]
        deadline = Deadline.from_timeout(CALL_S)
        try:
            async with asyncio.timeout(CALL_S):
                response = await self._guard(call.method, method.handler, call.request(), {}, deadline)
        except TimeoutError:
            return Answer(Status.DEADLINE_EXCEEDED)
        except GRPCError as error:
            return Answer(error.status, error.message or "")
        return Answer(Status.OK, response=response)
