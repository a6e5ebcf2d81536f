"""The server's life: its socket, its connections, and its end."""

import asyncio
import gc
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.protocol import Stream
from h2.errors import ErrorCodes
from hyperframe.frame import RstStreamFrame, SettingsFrame, WindowUpdateFrame

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import connect
from rds_csi_async.csi.methods import pass_through
from rds_csi_async.csi.server import CsiServer
from rds_csi_async.csi.sockets import SocketPathError
from tests.csi.raw_client import SLOW, Identity, call_headers, connected, served


async def test_a_grpc_client_is_served(tmp_path: Path) -> None:
    """Another implementation's client, grpclib's, gets its answer."""
    async with served(tmp_path / "s", Identity()), connect(tmp_path / "s") as client:
        assert await client.identity.probe(wire.ProbeRequest()) == wire.ProbeResponse(ready=True)


async def test_the_socket_is_there_while_it_is_served(tmp_path: Path) -> None:
    """The file appears with the permissions asked for, and is gone after the drain."""
    server, path = CsiServer([Identity()], pass_through), tmp_path / "s"
    await server.start(path, mode=0o600)
    assert (await asyncio.to_thread(path.stat)).st_mode & 0o777 == 0o600
    await server.drain(0)
    assert not await asyncio.to_thread(path.exists)


async def test_a_path_that_is_served_already_is_refused(tmp_path: Path) -> None:
    """A second driver on the same path does not start, and does the first no harm."""
    path = tmp_path / "s"
    async with served(path, Identity()), connected(path) as client:
        with pytest.raises(SocketPathError):
            await CsiServer([], pass_through).start(path)
        assert (await client.call()).status == 0


async def test_three_hundred_clients_may_dial_at_once(tmp_path: Path) -> None:
    """All connections are taken up before the loop has had one turn: the kernel keeps them until then."""
    path = tmp_path / "s"
    async with served(path, Identity()):
        dialling = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) for _ in range(300)]
        refused = [sock.connect_ex(str(path)) for sock in dialling]
        assert set(refused) == {0}
        for sock in dialling:
            sock.close()
        async with connected(path) as client:
            assert (await client.call()).status == 0


def count_streams() -> int:
    """Count the streams in memory, those that other tests have left included."""
    gc.collect()
    return len([each for each in gc.get_objects() if type(each) is Stream])


async def test_no_stream_is_left_by_calls_cancelled_before_their_first_step(tmp_path: Path) -> None:
    """Two thousand calls that are begun and reset in one breath leave no task and no stream behind."""
    path, before = tmp_path / "s", count_streams()
    async with served(path, Identity()), connected(path) as client:
        for _ in range(20):
            for _ in range(100):
                (headers,) = client.header_frames(call_headers(SLOW))
                client.send_frame(headers, RstStreamFrame(headers.stream_id, error_code=8))
            await client.settle()
        assert (await client.call()).status == 0
        assert count_streams() <= before + 1  # the last call's, if its task is still being put away


async def test_a_hang_up_cancels_the_calls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A client that is gone has no calls running."""
    identity, path = Identity(), tmp_path / "s"
    async with served(path, identity):
        async with connected(path) as client:
            client.begin(call_headers(SLOW))
            await identity.entered.acquire()
        async with asyncio.timeout(10):
            await identity.cancelled.wait()
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_drain_lets_calls_in_flight_finish(tmp_path: Path) -> None:
    """The client is told to go elsewhere, what it had begun is answered, and only then the connection ends."""
    identity, path = Identity(), tmp_path / "s"
    async with served(path, identity) as server, connected(path) as client, connected(path) as idle:
        await idle.settle()
        answer = client.begin(call_headers(SLOW))
        await identity.entered.acquire()
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(server.drain(10))
            async with asyncio.timeout(5):
                await client.parted.wait()
                await idle.parted.wait()
            assert (client.goodbyes[0].last_stream_id, client.goodbyes[0].error_code) == (1, ErrorCodes.NO_ERROR)
            assert not draining.done()
            identity.gate.set()
        await client.closed.wait()
        await idle.closed.wait()
    assert answer.status == 0


async def test_a_drain_refuses_new_calls_as_never_begun(tmp_path: Path) -> None:
    """A call that crosses the goodbye is refused in the way that lets a client repeat it elsewhere."""
    identity, path = Identity(), tmp_path / "s"
    async with served(path, identity) as server, connected(path) as client:
        client.begin(call_headers(SLOW))
        await identity.entered.acquire()
        async with asyncio.TaskGroup() as group:
            group.create_task(server.drain(10))
            await client.parted.wait()
            assert (await client.call()).reset is ErrorCodes.REFUSED_STREAM
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_unix_connection(path)
            identity.gate.set()


async def test_a_drain_cancels_what_takes_too_long(tmp_path: Path) -> None:
    """After the time given, handlers are cancelled, and their callers told that the outcome is unknown."""
    identity, path = Identity(), tmp_path / "s"
    async with served(path, identity) as server, connected(path) as client:
        answer = client.begin(call_headers(SLOW))
        await identity.entered.acquire()
        await server.drain(0.01)
        await answer.ended.wait()
    assert identity.cancelled.is_set()
    assert answer.status == Status.UNAVAILABLE.value


class Stubborn(Identity):
    """Does not let itself be cancelled."""

    async def probe(self, probe_request: wire.ProbeRequest) -> wire.ProbeResponse:
        """Wait for the gate, whatever comes."""
        self.entered.release()
        while not self.gate.is_set():
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
        return await super().probe(probe_request)


async def test_a_drain_ends_though_a_handler_does_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A call that swallows its cancellation is written down, and not waited for."""
    stubborn, path = Stubborn(), tmp_path / "s"
    async with served(path, stubborn) as server, connected(path) as client:
        client.begin()
        await stubborn.entered.acquire()
        async with asyncio.timeout(10):
            await server.drain(0)
        assert "1 calls were cancelled, 1 of them have not ended" in caplog.text
        stubborn.gate.set()
    assert not await asyncio.to_thread(path.exists)


class Wordy(Identity):
    """Has much to say."""

    async def probe(self, probe_request: wire.ProbeRequest) -> wire.ProbeResponse:  # noqa: ARG002 - it is empty
        """Say a megabyte that Probe has no field for."""
        self.entered.release()
        await self.gate.wait()
        response = wire.ProbeResponse()
        response._unknown_fields = b"\x7a\xc0\x84\x3d" + b"x" * 1_000_000  # noqa: SLF001 - no field is long enough
        return response


async def test_a_drain_is_not_held_by_clients_that_read_nothing(tmp_path: Path) -> None:
    """A connection whose last bytes nobody takes is cut off, and they are lost."""
    wordy, path = Wordy(), tmp_path / "s"
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served(path, wordy))
        client = await stack.enter_async_context(connected(path))
        await client.greeted.wait()
        wide = SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 1 << 30})
        client.send_frame(wide, WindowUpdateFrame(0, window_increment=1 << 30))
        await client.settle()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        answers = [client.begin() for _ in range(20)]
        for _ in answers:
            await wordy.entered.acquire()
        wordy.gate.set()
        async with asyncio.timeout(10):
            await server.drain(0)
        assert not server._connections  # noqa: SLF001 - nothing else shows it
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await client.closed.wait()
        assert [answer for answer in answers if answer.status != 0]


async def test_draining_twice_or_before_the_start_does_nothing(tmp_path: Path) -> None:
    """SIGTERM may come at any time, and more than once."""
    server = CsiServer([], pass_through)
    await server.drain(1)
    await server.start(tmp_path / "s")
    await server.drain(1)
    await server.drain(1)


async def test_a_successor_keeps_its_socket(tmp_path: Path) -> None:
    """A driver that starts at the same path while the old one drains is still reachable afterwards."""
    identity, path = Identity(), tmp_path / "s"
    async with served(path, identity) as server, connected(path) as client:
        client.begin(call_headers(SLOW))
        await identity.entered.acquire()
        async with asyncio.TaskGroup() as group:
            group.create_task(server.drain(10))
            await client.parted.wait()
            successor = CsiServer([Identity()], pass_through)
            await successor.start(path)
            identity.gate.set()
        async with connected(path) as other:
            assert (await other.call()).status == 0
        await successor.drain(0)
