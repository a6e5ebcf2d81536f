"""A connection reaches the pinned box or nothing, and what goes wrong on it is told apart. Over real SSH."""

import asyncio
import gc
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.domain.errors import CutOffError, DeadlineError, UnreachableError
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.links import ChannelRefusedError, LostError
from rds_csi_async.routeros.session import SshSession, open_session
from rds_csi_async.routeros.settings import ApplianceSettings, Limits
from tests.fakes.relay import Relay, relaying
from tests.fakes.ssh_server import USER, FakeSshServer, serving
from tests.planted import PASSWORD
from tests.routeros.connecting import LONG_S, SHORT_S, Connecting
from tests.routeros.examples import BTRFS_SETTINGS


@pytest.fixture
async def server() -> AsyncIterator[FakeSshServer]:
    """Serve for one test."""
    async with serving() as fake:
        yield fake


@pytest.fixture
def settings(server: FakeSshServer, tmp_path: Path) -> ApplianceSettings:
    """Reach that server by password, its key pinned."""
    password_file = tmp_path / "password"
    password_file.write_text(PASSWORD + "\n")
    return ApplianceSettings(
        "127.0.0.1", USER, (server.host_key,), (BTRFS_SETTINGS,), server.port, password_file=password_file
    )


class TestConnecting(Connecting):
    """Over real SSH."""


@pytest.fixture
async def session(settings: ApplianceSettings) -> AsyncIterator[SshSession]:
    """Connect."""
    session = await open_session(settings)
    yield session
    session.abort()


async def test_a_command_gives_what_it_printed(session: SshSession) -> None:
    """Text beyond ASCII too; what is no text becomes a mark, not an exception; stderr is not part of it."""
    assert await session.execute("say héllo", LONG_S) == "héllo"
    assert await session.execute("stderr oops", LONG_S) == ""


async def test_nobodys_home_is_no_concern(settings: ApplianceSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that is nobody may not look into it; where it cannot even be told, that is said, and tried again."""
    monkeypatch.setattr(Path, "is_dir", None)
    (await open_session(settings)).abort()
    monkeypatch.setattr("os.path.expanduser", str)
    with pytest.raises(UnreachableError, match="home directory"):
        await open_session(settings)


async def test_a_connection_that_drops_after_sending_is_lost(session: SshSession) -> None:
    """Never half a reply, and never "absent"; whoever watches is told."""
    with pytest.raises(LostError, match="its end did not come"):
        await session.execute("drop", LONG_S)
    assert session.is_closed()
    await session.wait_stirred()


async def test_a_command_without_its_status_is_cut_off(session: SshSession) -> None:
    """Asyncssh would call it a success; the connection itself is good."""
    with pytest.raises(CutOffError) as caught:
        await session.execute("no-status", LONG_S)
    assert not isinstance(caught.value, LostError)
    assert await session.execute("say x", LONG_S) == "x"


async def test_a_closed_connection_sends_nothing(session: SshSession, server: FakeSshServer) -> None:
    """That is known."""
    session.abort()
    with pytest.raises(UnreachableError, match="nothing was done"):
        await session.execute("say x", LONG_S)
    assert server.commands == []


async def test_a_refused_channel_sends_nothing(session: SshSession, server: FakeSshServer) -> None:
    """RouterOS bounds the sessions of a service. It answered, so nobody has to look whether it lives."""
    server.refuse_opens = True
    with pytest.raises(ChannelRefusedError, match=r"opens no more channels now .*nothing was done"):
        await session.execute("say x", LONG_S)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await session.wait_stirred()


async def test_a_command_that_hangs_is_cut_off_and_leaves_no_channel(
    session: SshSession, server: FakeSshServer
) -> None:
    """Its time is up, not the connection's."""
    with pytest.raises(CutOffError, match="no end within"):
        await session.execute("hang", SHORT_S)
    await server.closed.wait()
    assert server.open_channels == 0
    assert await session.execute("say x", LONG_S) == "x"


async def test_a_cancelled_call_leaves_no_channel(session: SshSession, server: FakeSshServer) -> None:
    """Nor a command that nobody waits for."""
    async with asyncio.TaskGroup() as group:
        call = group.create_task(session.execute("hang", LONG_S))
        await server.obeyed.wait()
        call.cancel()
    await server.closed.wait()
    assert server.open_channels == 0


async def test_a_call_cancelled_while_its_channel_opens_sends_nothing(
    session: SshSession, server: FakeSshServer
) -> None:
    """The channel that opens later is closed, and its command never runs."""
    server.slow_opens = True
    async with asyncio.TaskGroup() as group:
        call = group.create_task(session.execute("say late", LONG_S))
        await server.arrived.wait()
        call.cancel()
    server.slow_opens = False
    server.let_open.set()
    assert await session.execute("say x", LONG_S) == "x"
    assert server.commands == ["say x"]


async def test_a_channel_has_a_bound_of_its_own(settings: ApplianceSettings, server: FakeSshServer) -> None:
    """Long before the command's; and what is sent has the command's time, not the channel's."""
    session = await open_session(replace(settings, limits=Limits(channel_timeout_s=SHORT_S)))
    assert await session.execute("pause", LONG_S) == "after a while"
    server.slow_opens = True
    with pytest.raises(UnreachableError, match="opens no channel: it does not answer in time; nothing was done"):
        await session.execute("say x", LONG_S)
    session.abort()


@pytest.mark.parametrize("deadline_s", [SHORT_S / 2, LONG_S])
async def test_a_channel_that_does_not_open_in_time_sends_nothing(
    session: SshSession, server: FakeSshServer, deadline_s: float
) -> None:
    """The caller's deadline is told apart from the appliance's silence; either way nothing was done."""
    server.slow_opens = True
    error = DeadlineError if deadline_s < SHORT_S else UnreachableError
    with working_under(Deadline(deadline_s)), pytest.raises(error, match="nothing was done"):
        await session.execute("say late", SHORT_S)
    server.slow_opens = False
    server.let_open.set()
    await session.execute("say x", LONG_S)
    assert server.commands == ["say x"]


async def test_a_channel_that_nobody_waits_for_any_more_fails_in_silence(
    session: SshSession, server: FakeSshServer
) -> None:
    """Its caller was told; an error in the log would look like one more."""
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    server.slow_opens = True
    with pytest.raises(UnreachableError, match="nothing was done"):
        await session.execute("say late", SHORT_S)
    session.abort()
    await session.wait_stirred()
    await session.wait_stirred()
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    assert heard == []


async def test_a_reply_is_bounded(settings: ApplianceSettings) -> None:
    """What is longer is cut off, and no answer."""
    session = await open_session(replace(settings, limits=Limits(reply_bytes=100_000)))
    assert len(await session.execute("flood 100000", LONG_S)) == 100_000
    with pytest.raises(CutOffError, match="more than 100000 bytes"):
        await session.execute("flood 100001", LONG_S)
    session.abort()


async def test_many_channels_at_once(session: SshSession) -> None:
    """Each gets its own answer."""
    answers = await asyncio.gather(*(session.execute(f"say {number}", LONG_S) for number in range(20)))
    assert answers == [str(number) for number in range(20)]


async def test_a_half_open_connection_is_given_up_within_its_bound(
    settings: ApplianceSettings, server: FakeSshServer
) -> None:
    """A network that swallows all and says nothing: who waits is told, and the next call has a new connection."""
    limits = Limits(alive_interval_s=SHORT_S, alive_timeout_s=SHORT_S, shortest_pause_s=0.01, longest_pause_s=0.02)

    async def go_dark(relay: Relay) -> None:
        await server.obeyed.wait()
        relay.dark = True

    async with asyncio.timeout(LONG_S), relaying(server.port) as relay, asyncio.TaskGroup() as group:
        console = SshConsole(replace(settings, port=relay.port, limits=limits))
        owner = group.create_task(console.keep_connected())
        lost, _ = await asyncio.gather(console.run("hang", mutating=True), go_dark(relay), return_exceptions=True)
        assert isinstance(lost, LostError)
        relay.dark = False
        assert await console.run("say back", mutating=False) == "back"
        assert console.generation > 1
        owner.cancel()
