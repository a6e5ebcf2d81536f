"""One driver process, from its settings to its last answer."""

import asyncio
import gc
import logging
import signal
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Self

from rds_csi_async.app.cluster_wiring import find_cluster
from rds_csi_async.app.config import Settings, SettingsError
from rds_csi_async.csi.guard import CallGuard
from rds_csi_async.csi.identity import Identity
from rds_csi_async.csi.methods import Service, list_methods
from rds_csi_async.csi.server import CsiServer
from rds_csi_async.csi.sockets import SocketPathError
from rds_csi_async.domain.events import Reason
from rds_csi_async.observability.health import Health
from rds_csi_async.observability.http import create_app, serve
from rds_csi_async.observability.loop_lag import LoopLag
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.events import Events
from rds_csi_async.services.announcing import Announcing
from rds_csi_async.services.operations import Supervisor
from rds_csi_async.services.watching import Watching

VERSION = version("rds-csi-async")
LAST_RESORT_S = 15  # past the grace time: twice what a supervisor takes to give up what does not end
COLLECTED_AFTER = (500, 3, 200_000)  # as `gc.set_threshold` has it: objects, then looks at those younger
_log = logging.getLogger(__name__)


class Driver:
    """A driver that serves while it is entered. `metrics_address` is where its HTTP is, once it is entered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._background = Supervisor()
        self._work = Supervisor()
        self._stack = AsyncExitStack()
        self.metrics = Metrics(
            VERSION,
            list(Reason),
            [method.path for method in list_methods([])],
            volume_series=settings.volume_series,
            milliseconds=settings.disk_time_units == "both",
        )
        self.metrics_address = ""

    async def __aenter__(self) -> Self:
        """Start to serve.

        Raises:
            DriverError: the settings, the socket's path or this node do not allow it; the message says why.

        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._background.drain, 0)
            services, watched = await self._build(await self._open_events(stack))
            server = CsiServer([self._identity(watched), *services], CallGuard(self.metrics))
            host, port = self._settings.http_host_and_port
            app = create_app(self.metrics, self._health(watched))
            try:
                bound = await stack.enter_async_context(serve(app, host, port))
                await server.start(self._settings.socket_path)
            except (OSError, SocketPathError) as error:
                message = f"{self._settings.http_address} or {self._settings.endpoint} cannot be served on: {error}"
                raise SettingsError(message) from error
            self.metrics_address = f"{host}:{bound}"
            stack.push_async_callback(self._drain, server)
            self._stack = stack.pop_all()
        _log.info(
            "serving %s on %s, metrics on http://%s/metrics",
            self._settings.mode, self._settings.endpoint, self.metrics_address,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let the calls under way end, then stop."""
        await self._stack.aclose()

    async def _drain(self, server: CsiServer) -> None:
        clock = asyncio.get_running_loop().time
        ends_s = clock() + self._settings.grace_s
        await server.drain(self._settings.grace_s)
        await self._work.drain(max(ends_s - clock(), 0))  # what its caller no longer waits for may end too

    async def _open_events(self, stack: AsyncExitStack) -> Announcing:
        cluster = await asyncio.to_thread(find_cluster, self._settings)  # loading the client library takes a while
        events = Announcing(self.metrics, cluster)
        if cluster is not None:
            self._background.start_endless("tell the cluster of events", events.deliver())
            stack.push_async_callback(cluster.close)
            stack.push_async_callback(self._background.drain, 0)  # nothing is posted when it is closed
        return events

    async def _build(self, events: Events) -> tuple[list[Service], dict[str, Watching]]:
        services: list[Service] = []
        watched: dict[str, Watching] = {}
        if self._settings.has_controller:
            from rds_csi_async.app.controller_wiring import build_controller  # noqa: PLC0415 - a node loads no asyncssh

            controller, watching = build_controller(self._settings, self._background, self._work, self.metrics, events)
            services.append(controller)
            watched["appliances"] = watching
        if self._settings.has_node:
            from rds_csi_async.app.node_wiring import build_node  # noqa: PLC0415 - nor a controller what only nodes need

            node, looking = await build_node(self._settings, self._background, self._work, self.metrics, events)
            services.append(node)
            watched["node"] = looking
        return services, watched

    def _identity(self, watched: dict[str, Watching]) -> Identity:
        async def find_missing() -> str | None:
            return "; ".join(filter(None, (each.find_reason() for each in watched.values()))) or None

        return Identity(self._settings.driver_name, VERSION, find_missing, controller=self._settings.has_controller)

    def _health(self, watched: dict[str, Watching]) -> Health:
        health, lag = Health(), LoopLag(tell=self.metrics.record_loop_lag)
        self._background.start_endless("measure the loop's lag", lag.watch())
        health.add_liveness("loop", lag.check)
        health.add_liveness("background", self._background.find_ended)
        health.add_liveness("progress", self._background.find_stalled)
        for name, watching in watched.items():
            health.add_readiness(name, watching.find_reason)
            health.add_remark(name, watching.find_remark)
        return health


async def run_until_signalled(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. The process has to end after that: should it hang, the kernel ends it.

    A thread in which a read of a dead disk hangs would keep it for ever, since Python waits for its threads.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with Driver(settings):
        settle_memory()
        await stopped.wait()
        signal.alarm(settings.grace_s + LAST_RESORT_S)  # whose default is the end (signal(7))
        _log.info("told to end: calls under way get %d s", settings.grace_s)


def settle_memory() -> None:
    """Spare the garbage collector what was loaded at the start: it stays, and a look through it holds the loop.

    A look through what came since, ten thousand volumes say, holds it for 20 ms and more, so it comes once in some
    hundred thousand calls; and one at what is young takes no more than a few milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
