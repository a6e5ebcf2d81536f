"""Logins, exec lines and a console over SSH, and how they break when told to."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.faults import LineFault
from tests.simulator.logging_in import KEY, connect, login, run, settings_for

ADD = "/disk/add type=file file-path=pool1/a.img file-size=1M slot=a"


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """Start an appliance that takes a key, and a password."""
    async with Simulator(settings_for(tmp_path)) as simulator:
        yield simulator


async def test_the_reply_is_on_stdout_and_the_status_zero(simulator: Simulator) -> None:
    """For errors too; lines end as on a console, and UTF-8 goes through."""
    async with login(simulator) as connection:
        assert await run(connection, ':put "\\C3\\A9"') == ("é\r\n", "", 0)
        assert await run(connection, ':put "é"') == ("é\r\n", "", 0)
        assert await run(connection, ":put (") == ("syntax error (line 1 column 7)\r\n", "", 0)
        assert await run(connection, ":put (1/0)") == ("division by zero (:put; line 1)\r\n", "", 0)
    assert (simulator.counters.logins, simulator.counters.commands) == (1, 4)


async def test_only_the_right_key_and_user_get_in(simulator: Simulator) -> None:
    """Console options after the name do not matter."""
    async with login(simulator, "admin+cet512w") as connection:
        assert (await run(connection, ":put 1"))[0] == "1\r\n"
    for user, key in (("root", KEY), ("admin", asyncssh.generate_private_key("ssh-ed25519"))):
        with pytest.raises(asyncssh.PermissionDenied):
            async with login(simulator, user, key):
                pass
    assert simulator.counters.logins == 1
    assert simulator.counters.refused_logins > 0


async def test_a_login_can_be_refused_on_purpose(simulator: Simulator) -> None:
    """Once, here."""
    simulator.faults.refused_logins = 1
    with pytest.raises(asyncssh.PermissionDenied):
        async with login(simulator):
            pass
    async with login(simulator) as connection:
        assert (await run(connection, ":put 1"))[0] == "1\r\n"


async def test_channels_of_one_connection_run_side_by_side(simulator: Simulator) -> None:
    """A slow line does not keep the others waiting; globals are the user's."""
    async with login(simulator) as connection:
        slow = connection.run(":global done; :while (!$done) do={}; :put slow")
        fast = connection.run(":global done true; :put fast")
        replies = await asyncio.gather(slow, fast)
    assert [reply.stdout for reply in replies] == ["slow\r\n", "fast\r\n"]


@pytest.mark.parametrize(("fault", "slots"), [(LineFault.DROP_BEFORE, "\r\n"), (LineFault.DROP_AFTER, "*3\r\n")])
async def test_a_dropped_connection(simulator: Simulator, fault: LineFault, slots: str) -> None:
    """Before or after the line has run: the client sees the same."""
    simulator.faults.plan(fault, "/disk/add")
    async with login(simulator) as connection:
        assert (await connection.run(ADD)).exit_status is None
    async with login(simulator) as connection:
        assert (await run(connection, ":put [/disk/find where slot=a]"))[0] == slots


async def test_a_line_stops_when_its_client_is_gone(simulator: Simulator) -> None:
    """Between two commands: an endless one does not live on."""
    async with login(simulator) as connection:
        process = await connection.create_process(":put started; :while (true) do={}")
        assert await process.stdout.readline() == "started\r\n"
    async with login(simulator) as connection:
        assert (await run(connection, ":put 1"))[0] == "1\r\n"


async def test_a_console_for_people(simulator: Simulator) -> None:
    """A prompt, a menu to stand in, a line that is wrong, and the way out."""
    async with login(simulator) as connection:
        process = await connection.create_process(term_type="xterm", term_size=(80, 24))
        process.stdin.write("/disk\n:put [:len [find]]\nnope\nquit\n")
        shown, _ = await process.communicate()
    assert "[admin@MikroTik-RDS] > " in str(shown)
    assert "[admin@MikroTik-RDS] /disk > " in str(shown)
    assert "> 2\r\n" in str(shown)
    assert "bad command name nope (line 1 column 1)" in str(shown)


async def test_lines_from_a_pipe_have_no_prompt(simulator: Simulator) -> None:
    """Until its end."""
    async with login(simulator) as connection:
        done = await connection.run(input=":put 1\n:put 2\n")
    assert (done.stdout, done.exit_status) == ("1\r\n2\r\n", 0)


async def test_the_server_names_itself_as_the_appliance_does(simulator: Simulator) -> None:
    """A client may look."""
    async with login(simulator) as connection:
        assert connection.get_extra_info("server_version") == "SSH-2.0-ROSSSH"


async def test_stopping_ends_what_runs(tmp_path: Path) -> None:
    """Also a line without end, whose client is still there."""
    async with Simulator(settings_for(tmp_path)) as simulator:
        connection = await connect(simulator)
        process = await connection.create_process(":put started; :while (true) do={}")
        await process.stdout.readline()
    await connection.wait_closed()
