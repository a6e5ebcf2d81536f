"""What is said to one appliance, and what it last said of its pools.

A box is asked once a connection whether it can be worked with at all; each reply that shows pools is what is known of
them from then on.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from rds_csi_async.domain.errors import NotReadyError, RefusedError
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.routeros import commands
from rds_csi_async.routeros.pools import MountedPool, ShownPools, parse_pools
from rds_csi_async.routeros.replies import get_reply
from rds_csi_async.routeros.rows import rows_of
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import Reply, parse_frame, render_framed
from rds_csi_async.routeros.versions import (
    ensure_equipped,
    ensure_supported,
    parse_version,
    render_packages,
    render_version,
)

_log = logging.getLogger(__name__)


class Console(Protocol):
    """Runs lines on the appliance, and says which connection they run on."""

    @property
    def generation(self) -> int:
        """Number of the connection: another one may reach another box."""
        ...

    async def run(self, line: str, *, mutating: bool, urgent: bool = False) -> str:
        """Give all that the line printed; before others, if others wait for it. Raises only `DriverError`s."""
        ...


class Dialogue:
    """See the module. `pools` are as the last reply showed them."""

    def __init__(self, settings: ApplianceSettings, console: Console, new_token: Callable[[], str]) -> None:
        self._settings = settings
        self._console = console
        self._new_token = new_token
        self.pools = ShownPools()
        self._greeted = 0  # generation of the connection that was greeted
        self._greeting = asyncio.Lock()

    async def ensure_greeted(self) -> None:
        """Learn, once a connection, whether the box can be worked with, and where its pools are mounted."""
        if self._is_greeted():
            return
        with suppress(TimeoutError):  # then the deadline speaks for itself when something is to be sent
            async with asyncio.timeout(remaining_s(self._settings.limits.command_timeout_s)):
                await self._greeting.acquire()
            try:
                if not self._is_greeted():
                    await self._greet()
            finally:
                self._greeting.release()
        if not self._is_greeted():
            remaining_s(self._settings.limits.command_timeout_s)
            message = f"{self._settings.address} takes too long to introduce itself"
            raise NotReadyError(message)

    def _is_greeted(self) -> bool:
        return self._greeted != 0 and self._greeted == self._console.generation

    async def _greet(self) -> None:
        token = self._new_token()
        version = await self._console.run(render_version(token), mutating=False, urgent=True)
        ensure_supported(parse_version(version, token))
        hello = commands.render_hello(self._settings.pools)
        reply = await self.ask([*render_packages(), *hello], urgent=True)
        ensure_equipped(reply)
        self.note(reply)
        self._greeted = self._console.generation

    async def look(self) -> None:
        """Ask for the pools, and nothing else."""
        self.note(await self.ask(commands.render_hello(self._settings.pools), urgent=True))

    def note(self, reply: Reply) -> ShownPools:
        """Take the pools as a reply shows them for what they are now; tell when one comes or goes."""
        shown = parse_pools(rows_of(reply, "pool"), self._settings.pools)
        if shown.missing != self.pools.missing:
            _log.warning(
                "pools of %s that cannot be worked with: %s",
                self._settings.address, "; ".join(shown.missing.values()) or "none any more",
            )  # fmt: skip
        self.pools = shown
        return shown

    async def get_mounted(self, name: str) -> MountedPool:
        """Give a pool, looked at once more if it was missing."""
        if self.pools.find(name) is None:
            await self.look()
        return self.pools.get(name)

    async def get_holder(self, seen: Volume) -> MountedPool:
        """Give the pool that a volume's file lies on.

        Raises:
            RefusedError: it lies on none that is configured.

        """
        if self.pools.find_holder(seen.file_path) is None:
            await self.look()
        pool = self.pools.find_holder(seen.file_path)
        if pool is None:
            self.pools.ensure_all()
            message = f"the file {seen.file_path!r} of {seen.slot} is on no configured pool: it is not removed"
            raise RefusedError(message)
        return pool

    async def ask(
        self, statements: Sequence[str], *, mutating: bool = False, urgent: bool = False, remark: str = '""'
    ) -> Reply:
        """Run statements as one line; give what they printed, or raise what the appliance said instead."""
        token = self._new_token()
        text = await self._console.run(render_framed(statements, token, remark), mutating=mutating, urgent=urgent)
        try:
            return get_reply(parse_frame(text, token))
        except NotReadyError:
            self._greeted = 0  # perhaps a pool is mounted elsewhere now: look again next time
            raise
