"""One message, framed: whole or refused."""

import asyncio

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.csi.framing import MESSAGE_LIMIT_BYTES, IncomingMessage, encode_frame


def incoming(*pieces: bytes, end: bool = True) -> IncomingMessage:
    """Make a message of which these pieces have come."""
    message = IncomingMessage(lambda _: None)
    for piece in pieces:
        message.add(piece, len(piece))
    if end:
        message.eof()
    return message


@pytest.mark.parametrize("body", [b"", b"x", b"x" * 300, b"x" * MESSAGE_LIMIT_BYTES])
async def test_a_framed_message_is_received(body: bytes) -> None:
    """Whatever is framed comes out as it was, the largest that is allowed too."""
    assert await incoming(encode_frame(body)).receive() == body


async def test_pieces_are_put_together() -> None:
    """However the bytes are cut on their way, empty pieces among them, the message is the same."""
    frame = encode_frame(b"message")
    assert await incoming(*[frame[at : at + 1] for at in range(len(frame))], b"").receive() == b"message"


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"", Status.INTERNAL, "no message"),
        (b"\x00\x00", Status.INTERNAL, "cut short"),
        (b"\x00\x00\x00\x00\x05abc", Status.INTERNAL, "cut short"),
        (encode_frame(b"one") + encode_frame(b"two"), Status.INTERNAL, "more than one"),
        (encode_frame(b"one") + b"\x00", Status.INTERNAL, "more than one"),
        (b"\x01\x00\x00\x00\x03abc", Status.UNIMPLEMENTED, "compressed"),
        (b"\x02\x00\x00\x00\x03abc", Status.INTERNAL, "flag 2"),
        (encode_frame(b"x" * (MESSAGE_LIMIT_BYTES + 1)), Status.INVALID_ARGUMENT, "limit is 4194304"),
    ],
)
async def test_broken_framing_is_refused_with_its_status(data: bytes, status: Status, reason: str) -> None:
    """Each way of breaking a frame has the status that grpc-go gives it, the size apart."""
    with pytest.raises(GRPCError, match=reason) as raised:
        await incoming(data).receive()
    assert raised.value.status is status


@pytest.mark.parametrize(
    "data",
    [b"\x00\xff\xff\xff\xff", b"\x01\x00\x00\x00\x03", b"\x00\x00\x00\x00\x01" + b"x" * (MESSAGE_LIMIT_BYTES + 1)],
)
async def test_what_will_never_fit_is_refused_before_it_has_come(data: bytes) -> None:
    """An announcement of 4 GiB is not waited for, and more than was announced is not kept for ever."""
    message = incoming(data, end=False)
    async with asyncio.timeout(5):
        with pytest.raises(GRPCError):
            await message.receive()


async def test_a_message_is_waited_for() -> None:
    """Receiving goes on as soon as the caller has sent everything."""
    message = incoming(b"\x00\x00\x00", end=False)
    async with asyncio.TaskGroup() as group:
        received = group.create_task(message.receive())
        await asyncio.sleep(0)
        assert not received.done()
        message.add(b"\x00\x01!", 3)
        message.eof()
    assert received.result() == b"!"


def test_everything_is_acknowledged_at_once() -> None:
    """No byte holds back the connection's window, those that are dropped included."""
    acknowledged: list[int] = []
    message = IncomingMessage(acknowledged.append)
    for piece in (b"\x01\x00\x00\x00\x00", b"dropped", b""):
        message.add(piece, len(piece) + 1)
    assert acknowledged == [6, 8, 1]
    assert message.unacked_size() == 0
