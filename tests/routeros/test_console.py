"""One owner connects, watches and connects again; calls wait for it, within bounds."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import BusyError, CutOffError, DeadlineError, UnreachableError
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.links import ChannelRefusedError, LostError
from rds_csi_async.routeros.settings import ApplianceSettings
from tests.fakes.sessions import Dialler, FakeSession
from tests.routeros.examples import SETTINGS
from tests.routeros.telling_console import TellingConsole, running

pytestmark = pytest.mark.looptime


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
    settings = replace(SETTINGS, limits=replace(SETTINGS.limits, channels=1, urgent_channels=0, command_timeout_s=3))
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


async def test_health_gets_through_a_flood() -> None:
    """It has a channel that nothing else takes."""
    session = FakeSession(lambda line: f"did {line}", gate=asyncio.Event())
    console = console_of(Dialler([session]))
    assert session.gate is not None
    async with running(console), asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(console.run(str(number), mutating=True))
        await asyncio.sleep(1)
        health = group.create_task(console.run("health", mutating=False, urgent=True))
        await asyncio.sleep(0)
        assert session.begun[-1] == "health"
        assert len(session.begun) == SETTINGS.limits.channels
        session.gate.set()
        assert await health == "did health"


async def test_a_refused_channel_is_asked_for_again() -> None:
    """Nothing was sent, so even a change may go; and the connection, which answers, stays."""
    session = FakeSession(refusals=3)
    console = console_of(Dialler([session]))
    async with running(console):
        assert await console.run("change", mutating=True) == "did change"
        session.refusals = 1000
        with pytest.raises(ChannelRefusedError):
            await console.run("change", mutating=True)
        await asyncio.sleep(10 * SETTINGS.limits.alive_interval_s)
        assert not session.closed
    assert console.generation == 1


async def test_only_a_success_makes_the_pauses_short_again() -> None:
    """A box that lets in and then breaks off is no appliance that is back."""
    dialler = Dialler([FakeSession(closed=True) for _ in range(8)])
    for session in dialler.plan:
        assert isinstance(session, FakeSession)
        session.stirred.set()
    console = console_of(dialler)
    async with running(console):
        await asyncio.sleep(100)
        dialler.plan = [working := FakeSession()]
        assert await console.run("this", mutating=False) == "did this"
        broken_s = asyncio.get_running_loop().time()
        working.lose()
        await asyncio.sleep(30)
    pauses = [after - before for before, after in zip(dialler.times_s, dialler.times_s[1:], strict=False)]
    assert pauses[:5] == pytest.approx([1, 2, 4, 8, 16])
    assert next(time_s for time_s in dialler.times_s if time_s > broken_s) - broken_s == pytest.approx(1)


class TestTellingConsole(TellingConsole):
    """What becomes of the connection, and whether its owner gets on."""
