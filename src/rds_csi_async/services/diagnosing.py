"""Going through what the driver takes for true, on one appliance, and leaving it as it was."""

import asyncio
from typing import Protocol

from rds_csi_async.domain.assumptions import chosen
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.verdicts import Assumption, Finding, Observation, finding_of
from rds_csi_async.ports.bench import Bench

_CLEARING_S = 90.0  # an appliance that reboots is back by then
_AGAIN_S = 1.0


class Audience(Protocol):
    """Whoever watches. Never raises, never waits."""

    def begin(self, assumption: Assumption) -> None:
        """Hear what is tried now."""
        ...

    def end(self, finding: Finding) -> None:
        """Hear what became of it."""
        ...


class NodeTrials(Protocol):
    """What only a node can try (`services.attaching`)."""

    async def perform(self, key: str) -> Observation | None:
        """Carry out the experiment of an assumption; None: it is none for a node."""
        ...

    async def clear(self) -> None:
        """Detach all that was attached."""
        ...


class Diagnosing:
    """One pass over the list. `findings` grows while it goes on; `left` is what could not be taken away again."""

    def __init__(self, bench: Bench, audience: Audience, node: NodeTrials | None, asked: frozenset[str]) -> None:
        self.findings: list[Finding] = []
        self.left = ""  # why something may be left; empty when nothing is
        self._bench = bench
        self._audience = audience
        self._node = node
        self._asked = asked
        self._obstacle: str | None = None

    async def look(self) -> None:
        """Go through what can be found out without changing anything."""
        await self._go_through(probing=False)

    async def probe(self) -> None:
        """Go through all of it, on scratch disks, and take these away, whatever happens; being cancelled is no excuse.

        Whoever cancels that too finds `left` set.
        """
        self.left = "it was not cleaned up yet"
        try:
            await self._go_through(probing=True)
        finally:
            self.left = await self._clear()

    async def _go_through(self, *, probing: bool) -> None:
        is_prepared = False
        for assumption in chosen(probing=probing):
            self._audience.begin(assumption)
            if assumption.changes and not is_prepared:
                is_prepared = True
                self._obstacle = self._obstacle or await self._find_obstacle()
            finding = finding_of(assumption, await self._observe(assumption))
            self.findings.append(finding)
            self._audience.end(finding)
            if assumption.key == "connection" and finding.speaks_against:
                self._obstacle = "there is no connection"

    async def _find_obstacle(self) -> str | None:
        try:
            return await self._bench.find_obstacle()
        except DriverError as error:
            return str(error)

    async def _observe(self, assumption: Assumption) -> Observation:
        if assumption.only_with and assumption.only_with not in self._asked:
            return Observation(None, f"only with {assumption.only_with}")
        try:
            if self._node is not None and not assumption.changes:
                seen = await self._node.perform(assumption.key)
                if seen is not None:
                    return seen
            if self._obstacle is not None:
                return Observation(None, self._obstacle)
            seen = await self._bench.perform(assumption.key)
            if seen is None and self._node is not None:
                seen = await self._node.perform(assumption.key)
        except DriverError as error:
            return Observation(None, str(error))
        return seen or Observation(None, "nothing tries it here")

    async def _clear(self) -> str:
        """Take everything away, trying for a while; tell what stands in the way in the end."""
        reason = ""
        try:
            async with asyncio.timeout(_CLEARING_S):
                while True:
                    reason = await self._find_left()
                    if not reason:
                        return ""
                    await asyncio.sleep(_AGAIN_S)
        except TimeoutError:
            return reason or "the time for it ran out"

    async def _find_left(self) -> str:
        try:
            if self._node is not None:
                await self._node.clear()
            left = await self._bench.clear()
        except DriverError as error:
            return str(error)
        return f"the appliance still lists {left} of them" if left else ""
