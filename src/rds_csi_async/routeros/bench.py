"""An appliance on the bench: drives the experiments, and takes away what they made."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Protocol

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.errors import CutOffError, DriverError, InvalidRequestError, NotReadyError, UnreachableError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.sizes import GIB, MIB
from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.routeros import disks
from rds_csi_async.routeros.experiments import Answer, Line, Trial
from rds_csi_async.routeros.looking import LOOKS
from rds_csi_async.routeros.pools import MountedPool, parse_pools, render_pools
from rds_csi_async.routeros.recording import Recorder
from rds_csi_async.routeros.replies import error_of
from rds_csi_async.routeros.rows import Row, int_of, text_of
from rds_csi_async.routeros.scratch import MARK, PREFIX, Scratch, is_gone, render_clear, render_count, render_place
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import render_row, render_text
from rds_csi_async.routeros.trying import GROWN_BYTES, TRIES
from rds_csi_async.routeros.trying_exports import EXPORT_TRIES, open_words
from rds_csi_async.routeros.trying_records import RECORD_TRIES

_TRIES: Final = {**TRIES, **RECORD_TRIES, **EXPORT_TRIES}
_HELLO: Final = ':put "=hello"'
_SLOW_MS: Final = 400  # that each of several lines takes at once
_OVERLAP: Final = 0.6  # of the time that they would take one after another
_PATIENCE: Final = 3  # of a command's bound, a verb may take one part
_NEEDED_BYTES: Final = GIB  # more than all scratch disks together
_CLEARING_PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0)


class Second(Protocol):
    """A connection of its own (`routeros.session`)."""

    def abort(self) -> None:
        """Close it at once."""
        ...

    async def execute(self, line: str, timeout_s: float) -> str:
        """Run one line, and give what it printed."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a probe works: on which pool, the first when it is empty, under which mark, and where nodes attach."""

    nvme_address: str
    pool: str = ""
    mark: str = field(default_factory=lambda: secrets.token_hex(5))


class RouterOsBench:
    """A `Bench`. `connect` makes another connection."""

    def __init__(
        self,
        settings: ApplianceSettings,
        choice: Choice,
        recorder: Recorder,
        connect: Callable[[ApplianceSettings], Awaitable[Second]],
    ) -> None:
        self._settings = settings
        self._recorder = recorder
        self._connect = connect
        self._nvme_address = choice.nvme_address
        self._pool = choice.pool or settings.pools[0].name
        self._mark = choice.mark
        self._scratch: Scratch | None = None
        if not MARK.fullmatch(self._mark):
            message = f"{self._mark!r} is no mark: it has ten hexadecimal digits"
            raise InvalidRequestError(message)

    async def perform(self, key: str) -> Observation | None:
        """See `Bench`."""
        by_hand = {
            "connection": self._try_connection,
            "channels": self._try_channels,
            "second-connection": self._try_second_connection,
        }
        if key in by_hand:
            return await by_hand[key]()
        if key in LOOKS:
            return await self._drive(key, LOOKS[key](self._settings))
        if key not in _TRIES:
            return None
        return await self._drive(key, _TRIES[key](self._get_scratch()))

    async def find_obstacle(self) -> str | None:
        """See `Bench`."""
        count = render_count(self._mark, has_subvolumes=False)
        safe = render_row("safe", "[:tostr [/safe-mode/get enabled]]")
        answer = await self._recorder.send(
            "", Line("look whether a probe may begin", [*render_pools(self._settings.pools), *count, safe])
        )
        try:
            shown = [row for row in answer.list_all("pool") if isinstance(row, dict)]
            pools = parse_pools(shown, self._settings.pools).ensure_all()
        except DriverError as error:
            return str(error) if answer.ok else answer.said
        pool = next((one for one in pools if one.pool.name == self._pool), None)
        obstacles = {
            f"no pool {self._pool!r} is configured": pool is None,
            "somebody holds safe mode, or nobody can say": str(answer.find("safe")) not in {"false", "no"},
            f"something called {PREFIX}{self._mark} is there already": answer.find_number("left") != 0,
            f"less than {_NEEDED_BYTES} bytes are free": pool is not None and _room(pool) < _NEEDED_BYTES,
        }
        found = next((reason for reason, is_so in obstacles.items() if is_so), None)
        if found is None and pool is not None:
            patience_s = self._settings.limits.command_timeout_s / _PATIENCE
            self._scratch = Scratch.on(self._mark, pool, self._settings.nvme_port, patience_s)
        return found

    async def open(self, sequence: int, host: Host, allowed_host: str = "") -> Target:
        """See `Bench`."""
        scratch = self._get_scratch()
        slot = scratch.other("node")
        words = f"{open_words(scratch, sequence, slot)} nvme-tcp-server-allow-host-name={render_text(allowed_host)}"
        absent = f"{disks.render_count(slot)} = 0"
        make = [render_place(scratch), f":if ({absent}) do={{{scratch.render_add_other(slot)}}}"]
        row = await self._change_node_disk("open a disk to a node", words, make)
        nqn, port, size = text_of(row, "nvme-tcp-server-nqn"), int_of(row, "nvme-tcp-server-port"), int_of(row, "size")
        return Target(nqn, self._nvme_address, port, host, size)

    async def close(self) -> None:
        """See `Bench`."""
        await self._change_node_disk("close a disk to a node", "nvme-tcp-export=no")

    async def grow(self) -> int:
        """See `Bench`."""
        return int_of(
            await self._change_node_disk("grow a disk that a node has", f"file-size={GROWN_BYTES // MIB}M"), "size"
        )

    async def remove(self) -> None:
        """See `Bench`."""
        act = [*self._get_scratch().render_pick(self._node_slot()), "/disk/remove ($xI->0)"]
        self._ensure(await self._recorder.send("node", Line("remove a disk that a node has", act, changes=True)))

    async def clear(self) -> int:
        """See `Bench`. Looks again where a line may still be at work, or the appliance lists a file that has gone."""
        if self._scratch is None:
            return 0
        subvolumes = self._scratch.pool.has_subvolumes
        act = [
            *render_clear(self._mark, has_subvolumes=subvolumes),
            *render_count(self._mark, has_subvolumes=subvolumes),
        ]
        left: int | None = None
        for pause_s in _CLEARING_PAUSES_S:
            unsure, self._recorder.unsure = self._recorder.unsure, False
            answer = self._ensure(
                await self._recorder.send(
                    "clear", Line("take the scratch things away", act, changes=True, pause_s=pause_s)
                )
            )
            left = answer.find_number("left")
            if left == 0 and not unsure:
                return 0
        return left or 0

    def clearing_line(self) -> str:
        """See `Bench`."""
        subvolumes = self._scratch is not None and self._scratch.pool.has_subvolumes
        return ";".join(render_clear(self._mark, has_subvolumes=subvolumes))

    async def _drive(self, key: str, trial: Trial) -> Observation:
        try:
            line = next(trial)
            while True:
                answer = await self._send(key, line)
                if is_gone(answer.failure):
                    trial.close()
                    return Observation(None, "there is no scratch disk to try it on")
                line = trial.send(answer)
        except StopIteration as end:
            observation: Observation = end.value
            return observation

    async def _send(self, key: str, line: Line) -> Answer:
        try:
            return await self._recorder.send(key, line)
        except CutOffError as error:
            if not line.daring:
                raise
            return Answer(str(error))

    async def _change_node_disk(self, what: str, words: str, before: Sequence[str] = ()) -> Row:
        slot = self._node_slot()
        act = [*before, *self._get_scratch().render_pick(slot), f"/disk/set ($xI->0) {words}", disks.render_disk(slot)]
        return self._ensure(await self._recorder.send("node", Line(what, act, changes=True))).find_row("disk")

    async def _try_connection(self) -> Observation:
        try:
            answer = await self._recorder.send("connection", Line("say something", [_HELLO], bare=True))
        except DriverError as error:
            return Observation(held=False, seen=str(error))
        return Observation("=hello" in answer.text, answer.said)

    async def _try_channels(self) -> Observation:
        many, begun_s = self._settings.limits.channels, monotonic()
        slow = Line("wait for a moment, on several channels", [f':delay {_SLOW_MS}ms;:put "=hello"'], bare=True)
        answers = await asyncio.gather(*(self._recorder.send("channels", slow) for _ in range(many)))
        took_s, heard = monotonic() - begun_s, sum("=hello" in answer.text for answer in answers)
        held = heard == many and took_s < _OVERLAP * many * _SLOW_MS / 1000
        return Observation(held, f"{heard} of {many} lines of {_SLOW_MS} ms each ended after {took_s * 1000:.0f} ms")

    async def _try_second_connection(self) -> Observation:
        try:
            second = await self._connect(self._settings)
        except UnreachableError as error:
            return Observation(held=False, seen=str(error))
        try:
            text = await second.execute(_HELLO, self._settings.limits.command_timeout_s)
        finally:
            second.abort()
        return Observation("=hello" in text, "it answered" if "=hello" in text else text[:80])

    def _get_scratch(self) -> Scratch:
        if self._scratch is None:
            message = "nothing was made to try it on"
            raise NotReadyError(message)
        return self._scratch

    def _node_slot(self) -> str:
        return self._get_scratch().other("node")

    def _ensure(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise error_of(answer.said)
        return answer


def _room(pool: MountedPool) -> int:
    return pool.pool.free_bytes - pool.settings.reserve_bytes
