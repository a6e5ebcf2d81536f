"""One owner connects, watches and connects again; calls wait for it, within bounds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest

from rds_csi_async.domain.errors import BusyError, CutOffError, DeadlineError, UnreachableError
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.session import LostError
from rds_csi_async.routeros.settings import ApplianceSettings
from tests.routeros.examples import SETTINGS

pytestmark = pytest.mark.looptime


@dataclass
class FakeSession:
    """A connection in memory. `answer` says what a line gives; `:put "…"` is answered while `alive`."""

    answer: Callable[[str], str | Exception] = lambda line: f"did {line}"
    alive: bool = True
    closed: bool = False
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event | None = None

    def is_closed(self) -> bool:
        """See `Session`."""
        return self.closed

    def abort(self) -> None:
        """See `Session`."""
        self.lose()

    def lose(self) -> None:
        """Break the connection."""
        self.closed = True
        self.stirred.set()

    async def wait_stirred(self) -> None:
        """See `Session`."""
        await self.stirred.wait()
        self.stirred.clear()

    async def execute(self, line: str, timeout_s: float) -> str:
        """See `Session`."""
        if line.startswith(":put"):
            if not self.alive:
                message = f"no end within {timeout_s} s"
                raise CutOffError(message)
            return line
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answer(line)
        if isinstance(answer, LostError):
            self.lose()
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Dialler:
    """Connects as is planned: a session, or an error. After the last plan, it goes on failing."""

    plan: list[FakeSession | UnreachableError]
    times_s: list[float] = field(default_factory=list)

    async def open(self, _settings: ApplianceSettings) -> FakeSession:
        """Take the next of the plan."""
        self.times_s.append(asyncio.get_running_loop().time())
        step = self.plan.pop(0) if self.plan else UnreachableError("refused")
        if isinstance(step, UnreachableError):
            raise step
        return step


@asynccontextmanager
async def running(console: SshConsole) -> AsyncIterator[None]:
    """Run the owner meanwhile."""
    async with asyncio.TaskGroup() as group:
        owner = group.create_task(console.keep_connected())
        try:
            yield
        finally:
            owner.cancel()


def console_of(dialler: Dialler, settings: ApplianceSettings = SETTINGS) -> SshConsole:
    """Give a console whose pauses are the longest possible."""
    return SshConsole(settings, dialler.open, lambda _least, most: most)


async def test_a_call_waits_for_the_first_connection() -> None:
    """And is served by it."""
    console = console_of(Dialler([FakeSession()]))
    assert console.generation == 0
    async with running(console):
        assert await console.run("this", mutating=True) == "did this"
    assert console.generation == 1


async def test_without_an_appliance_a_call_says_why() -> None:
    """Within its bound, naming the appliance and the last reason."""
    console = console_of(Dialler([UnreachableError("refused")]))
    async with running(console):
        with pytest.raises(UnreachableError, match=r"rds\.example:22 .*refused; nothing was done"):
            await console.run("this", mutating=True)


async def test_without_an_owner_a_call_does_not_wait_for_ever() -> None:
    """It gives up after its bound."""
    console = console_of(Dialler([]))
    start_s = asyncio.get_running_loop().time()
    with pytest.raises(UnreachableError, match="no attempt"):
        await console.run("this", mutating=True)
    assert asyncio.get_running_loop().time() - start_s == pytest.approx(SETTINGS.limits.wait_timeout_s)


async def test_a_caller_without_time_is_told_so() -> None:
    """By its own deadline, not by the appliance's state."""
    console = console_of(Dialler([]))
    with working_under(Deadline(1)), pytest.raises(DeadlineError):
        await console.run("this", mutating=True)


async def test_pauses_grow_up_to_a_bound() -> None:
    """And nobody gives up."""
    dialler = Dialler([])
    console = console_of(dialler)
    async with running(console):
        await asyncio.sleep(300)
    pauses = [after - before for before, after in zip(dialler.times_s, dialler.times_s[1:], strict=False)]
    assert pauses[:4] == pytest.approx([1, 2, 4, 8])
    assert pauses[-1] == pytest.approx(SETTINGS.limits.longest_pause_s)


async def test_a_call_cuts_a_long_pause_short() -> None:
    """An appliance that is back is used at once, not after half a minute."""
    dialler = Dialler([UnreachableError("refused")] * 5)
    console = console_of(dialler)
    async with running(console):
        await asyncio.sleep(20)
        dialler.plan = [FakeSession()]
        start_s = asyncio.get_running_loop().time()
        assert await console.run("this", mutating=False) == "did this"
        assert asyncio.get_running_loop().time() - start_s < SETTINGS.limits.wait_timeout_s


async def test_calls_cannot_make_it_connect_without_rest() -> None:
    """However many there are."""
    dialler = Dialler([])
    console = console_of(dialler)
    async with running(console):
        for _ in range(100):
            with suppress(UnreachableError):
                await console.run("this", mutating=False)
    pauses = [after - before for before, after in zip(dialler.times_s, dialler.times_s[1:], strict=False)]
    assert min(pauses) >= SETTINGS.limits.shortest_pause_s
    assert min(pauses[10:]) >= SETTINGS.limits.wait_timeout_s / 2


async def test_a_lost_connection_is_made_again() -> None:
    """By itself, once."""
    first, second = FakeSession(), FakeSession()
    console = console_of(Dialler([first, second]))
    async with running(console):
        await console.run("one", mutating=True)
        first.lose()
        assert await console.run("two", mutating=True) == "did two"
    assert console.generation == 2


async def test_a_connection_that_does_not_answer_is_given_up() -> None:
    """RouterOS answers no keep-alive of SSH, so a short command tells."""
    first, second = FakeSession(), FakeSession()
    console = console_of(Dialler([first, second]))
    async with running(console):
        await console.run("one", mutating=True)
        first.alive = False
        await asyncio.sleep(SETTINGS.limits.alive_interval_s + SETTINGS.limits.longest_pause_s)
        assert first.closed
        assert console.generation == 2


async def test_a_connection_that_lives_stays() -> None:
    """For as long as it answers."""
    session = FakeSession()
    console = console_of(Dialler([session]))
    async with running(console):
        await asyncio.sleep(10_000)
        assert not session.closed
    assert console.generation == 1
    assert session.closed


async def test_a_read_is_sent_again_on_a_new_connection() -> None:
    """It changes nothing, so nothing can go wrong twice."""
    console = console_of(Dialler([FakeSession(lambda _: LostError("cut")), FakeSession()]))
    async with running(console):
        assert await console.run("read", mutating=False) == "did read"


async def test_a_change_is_never_sent_again() -> None:
    """Only a fresh look can tell what became of it."""
    console = console_of(Dialler([FakeSession(lambda _: LostError("cut")), FakeSession()]))
    async with running(console):
        with pytest.raises(CutOffError, match="cut"):
            await console.run("change", mutating=True)


async def test_channels_are_few() -> None:
    """Who finds none is told so in time; a channel comes back when its call has ended, however it ended."""
    settings = replace(SETTINGS, limits=replace(SETTINGS.limits, channels=1, command_timeout_s=3))
    session = FakeSession(gate=asyncio.Event())
    console = console_of(Dialler([session]), settings)
    async with running(console), asyncio.TaskGroup() as group:
        held = group.create_task(console.run("first", mutating=True))
        await asyncio.sleep(1)
        with pytest.raises(BusyError):
            await console.run("second", mutating=True)
        with working_under(Deadline(1)), pytest.raises(DeadlineError):
            await console.run("third", mutating=True)
        held.cancel()
        assert session.gate is not None
        session.gate.set()
        assert await console.run("fourth", mutating=True) == "did fourth"
