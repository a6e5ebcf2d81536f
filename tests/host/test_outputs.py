"""What a child says is heard to its end, and kept in part."""

import asyncio
import fcntl
import os
import sys
import termios
from collections.abc import AsyncIterator

import pytest_asyncio

from rds_csi_async.host.outputs import Output


@pytest_asyncio.fixture
async def output() -> AsyncIterator[Output]:
    """Give an output that keeps little; the test is the child."""
    made = Output(most_bytes=10)
    yield made
    made.close()


def _write(end: int, *pieces: bytes) -> None:
    for piece in pieces:
        os.write(end, piece)
    os.close(end)


async def test_all_is_read_and_the_beginning_kept(output: Output) -> None:
    """More than a pipe holds, so that whoever does not read would wait for ever."""
    end = os.dup(output.child_end)
    output.listen()
    await asyncio.to_thread(_write, end, b"begins so ", *[b"x" * 65536] * 10)
    await output.drain(30)
    assert output.text() == "begins so "


async def test_who_says_much_is_heard_in_turns(output: Output) -> None:
    """Else a child that never stops keeps the loop from its own deadline."""
    end = os.dup(output.child_end)
    await asyncio.to_thread(fcntl.fcntl, end, fcntl.F_SETPIPE_SZ, 1 << 20)
    await asyncio.to_thread(os.write, end, bytes(1 << 20))
    output.listen()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    left = fcntl.ioctl(end, termios.FIONREAD, bytes(4))
    assert 0 < int.from_bytes(left, sys.byteorder) < 1 << 20
    await asyncio.to_thread(os.close, end)


async def test_what_came_last_is_read_at_once(output: Output) -> None:
    """The end of a child and its last words come together."""
    end = os.dup(output.child_end)
    output.listen()
    await asyncio.to_thread(_write, end, b"all")
    await output.drain(0)
    assert output.text() == "all"


async def test_who_keeps_the_other_end_is_not_waited_for(output: Output) -> None:
    """What was said so far counts; and nobody is heard after that."""
    end = os.dup(output.child_end)
    output.listen()
    await asyncio.to_thread(os.write, end, b"part")
    await output.drain(0)
    assert output.text() == "part"
    output.close()
    await asyncio.to_thread(os.close, end)


async def test_what_was_never_begun_is_closed() -> None:
    """A child that could not be started leaves no pipe."""
    before = await asyncio.to_thread(os.listdir, "/proc/self/fd")
    made = Output(most_bytes=10)
    assert len(await asyncio.to_thread(os.listdir, "/proc/self/fd")) == len(before) + 2
    made.close()
    made.close()
    assert len(await asyncio.to_thread(os.listdir, "/proc/self/fd")) == len(before)


async def test_bytes_that_are_no_text_are_replaced(output: Output) -> None:
    """A name of a file may be anything."""
    end = os.dup(output.child_end)
    output.listen()
    await asyncio.to_thread(_write, end, b"\xff!")
    await output.drain(30)
    assert output.text() == "\ufffd!"
