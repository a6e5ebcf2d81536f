"""There are so many connections and channels, and no more."""

import asyncio
from pathlib import Path

import asyncssh
import pytest

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.settings import ChannelOverflow
from tests.simulator.logging_in import connect, login, run, settings_for


class _Conn:
    """A connection that knows only whether it was broken."""

    aborted = False

    def abort(self) -> None:
        """Break it."""
        self.aborted = True


ENDLESS = ":put started; :while (true) do={}"


async def test_a_channel_too_many_is_refused(tmp_path: Path) -> None:
    """Until another is closed, whether or not it was used."""
    async with Simulator(settings_for(tmp_path, most_channels=2)) as simulator, login(simulator) as connection:
        held = [await connection.create_process(ENDLESS) for _ in range(2)]
        with pytest.raises(asyncssh.ChannelOpenError):
            await run(connection, ":put 1")
        for process in held:
            process.close()
            await process.wait_closed()
        assert (await run(connection, ":put 1"))[0] == "1\r\n"
        assert simulator.counters.refused_channels == 1


async def test_a_channel_too_many_may_wait(tmp_path: Path) -> None:
    """Its line runs once there is room."""
    settings = settings_for(tmp_path, most_channels=1, channel_overflow=ChannelOverflow.WAIT)
    async with Simulator(settings) as simulator, login(simulator) as connection:
        held = await connection.create_process(ENDLESS)
        await held.stdout.readline()
        waiting = await connection.create_process(":put 1")
        await connection.create_process(":put 2")
        assert simulator.counters.commands == 1
        held.close()
        assert await waiting.stdout.readline() == "1\r\n"


async def test_a_connection_too_many_is_hung_up_on(tmp_path: Path) -> None:
    """Until another has ended."""
    async with Simulator(settings_for(tmp_path, most_sessions=1)) as simulator:
        first = await connect(simulator)
        with pytest.raises((asyncssh.Error, OSError)):
            await connect(simulator)
        first.close()
        await first.wait_closed()
        while simulator.counters.running:  # noqa: ASYNC110 - the server counts, and tells nobody
            await asyncio.sleep(0)
        async with login(simulator) as connection:
            assert (await run(connection, ":put 1"))[0] == "1\r\n"


async def test_logins_are_counted_by_user(tmp_path: Path) -> None:
    """Without the options for the console that follow a name."""
    async with Simulator(settings_for(tmp_path)) as simulator:
        async with login(simulator, "admin+cet80w"):
            pass
        assert simulator.counters.logins_by_user == {"admin": 1}


async def test_none_comes_in_once_it_is_closed(tmp_path: Path) -> None:
    """Not even one that was accepted just before: it would serve the tables of before the restart."""
    async with Simulator(settings_for(tmp_path)) as simulator:
        server = simulator._server  # noqa: SLF001 - what a restart leaves behind cannot be reached otherwise
        assert server is not None
        late = server.connect()
        await simulator.restart()
        conn = _Conn()
        late.connection_made(conn)  # type: ignore[arg-type] # as much of a connection as is used
        assert conn.aborted
