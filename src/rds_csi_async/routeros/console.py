"""The console that an appliance is worked with: one connection, and the one owner who makes it anew."""

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

from rds_csi_async.domain.errors import DriverError, UnreachableError
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.routeros.lanes import Lanes
from rds_csi_async.routeros.links import ChannelRefusedError, LostError, Session
from rds_csi_async.routeros.outages import Outages
from rds_csi_async.routeros.session import open_session
from rds_csi_async.routeros.settings import ApplianceSettings

_log = logging.getLogger(__name__)
_LONGEST_LOGGED = 400  # characters of a line
_MOST_DOUBLINGS = 10


class SshConsole:
    """A console for `RouterOsRds`. Somebody has to run `keep_connected`, or it never connects.

    It calls `step` whenever it gets on: at least once a minute and a half with the limits as they are, whether the
    appliance answers or not.
    """

    def __init__(
        self,
        settings: ApplianceSettings,
        open_session: Callable[[ApplianceSettings], Awaitable[Session]] = open_session,
        jitter: Callable[[float, float], float] = random.uniform,
        outages: Outages | None = None,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self._step = step
        self._settings = settings
        self._outages = outages
        self._open_session = open_session
        self._limits = settings.limits
        self._jitter = jitter
        self._lanes = Lanes(settings.limits.channels, settings.limits.urgent_channels, settings.address)
        self._session: Session | None = None
        self._reason = "no attempt to connect has ended yet"
        self._wanted = asyncio.Event()
        self._attempted = asyncio.Event()
        self._generation = 0
        self._failures = 0  # since an appliance last did what it was told

    @property
    def generation(self) -> int:
        """How many connections there were; 0 before the first."""
        return self._generation

    async def keep_connected(self) -> None:
        """Connect, watch the connection, and connect again, for ever; close it when cancelled."""
        if self._outages is not None:
            self._outages.note_begin(self._settings.address)
        while True:
            self._step()
            self._wanted.clear()
            try:
                session = await self._open_session(self._settings)
            except UnreachableError as error:
                self._end_attempt(None, error)
            else:
                self._end_attempt(session, None)
                try:
                    self._reason = await self._watch(session)
                finally:
                    self._session = None
                    session.abort()
                    if self._outages is not None:
                        self._outages.note_loss(self._settings.address)
            self._failures += 1
            self._step()
            await self._pause(self._failures)

    async def run(self, line: str, *, mutating: bool, urgent: bool = False) -> str:
        """Run one line and give all that it printed. A line that only reads is sent again if its connection breaks.

        `urgent` is for health, and for reads that others wait for: they have a lane of their own.

        Raises:
            UnreachableError: there is no connection; nothing was sent.
            BusyError: no channel can be had in time; nothing was sent.
            CutOffError: it was sent, and its end did not come.

        """
        try:
            return await self._run_once(line, urgent=urgent)
        except LostError:
            if mutating:
                raise
        return await self._run_once(line, urgent=urgent)

    async def _run_once(self, line: str, *, urgent: bool) -> str:
        await self._get_session()  # a call that cannot be sent at all takes no channel while it waits
        clock = asyncio.get_running_loop().time
        async with self._lanes.channel(self._limits.command_timeout_s, urgent=urgent):
            begun_s, outcome = clock(), "failed"
            try:
                text = await self._send(line)
                outcome = f"answered with {len(text)} characters"
            finally:
                took_s = clock() - begun_s
                _log.debug("%s %s after %.3f s: %.*s", self._settings.address, outcome, took_s, _LONGEST_LOGGED, line)
        return text

    async def _send(self, line: str) -> str:
        """Send a line; again, for a while, when the appliance opens no channel for it, for then nothing was sent."""
        clock = asyncio.get_running_loop().time
        ends_s = clock() + self._limits.wait_timeout_s
        longest_s = self._limits.shortest_pause_s
        while True:
            session = await self._get_session()
            try:
                text = await session.execute(line, remaining_s(self._limits.command_timeout_s))
            except ChannelRefusedError:
                pause_s = self._jitter(0, longest_s)
                if clock() + pause_s >= ends_s:
                    raise
                await asyncio.sleep(remaining_s(pause_s) if pause_s else 0)
                longest_s *= 2
            else:
                self._failures = 0
                return text

    async def _get_session(self) -> Session:
        if not self._is_up():
            self._wanted.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(remaining_s(self._limits.wait_timeout_s)):
                    await self._attempted.wait()
        remaining_s(self._limits.wait_timeout_s)
        if self._session is None or not self._is_up():
            message = f"appliance {self._settings.address} cannot be reached: {self._reason}; nothing was done"
            raise UnreachableError(message)
        return self._session

    def _is_up(self) -> bool:
        return self._session is not None and not self._session.is_closed()

    async def _watch(self, session: Session) -> str:
        """Wait until the connection is of no use any more, and tell why."""
        while True:
            self._step()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.alive_interval_s):
                    await session.wait_stirred()
            if session.is_closed():
                return "the connection was lost"
            token = secrets.token_hex(8)
            try:
                text = await session.execute(f':put "{token}"', self._limits.alive_timeout_s)
            except ChannelRefusedError:
                continue  # which is an answer: others use all sessions that it allows
            except DriverError as error:
                return str(error)
            if token not in text:
                return "it answers, but not as RouterOS does"
            self._failures = 0

    def _end_attempt(self, session: Session | None, error: UnreachableError | None) -> None:
        self._session, self._reason = session, str(error or "")
        if self._outages is not None:
            self._outages.note_attempt(self._settings.address, error)
        self._generation += session is not None
        self._attempted.set()
        self._attempted = asyncio.Event()

    async def _pause(self, failures: int) -> None:
        """Rest for a while that grows and is not the same twice. Who waits for a connection can cut its second part."""
        shortest_s, longest_s = self._limits.shortest_pause_s, self._limits.longest_pause_s
        most_s = min(longest_s, shortest_s * 2 ** min(failures, _MOST_DOUBLINGS))
        fixed_s = min(shortest_s * failures, self._limits.wait_timeout_s / 2)
        await asyncio.sleep(fixed_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._jitter(0, max(most_s - fixed_s, 0))):
                await self._wanted.wait()
