"""A line is run and answered, or goes wrong as planned, whatever carries it."""

import asyncio

import pytest

from rds_csi_async.simulator.faults import LineFault
from rds_csi_async.simulator.lines import Lines, SessionEnded
from rds_csi_async.simulator.scheduling import Schedule
from tests.simulator.conftest import Bench

ADD = "/disk/add type=file file-path=pool1/a.img file-size=1M slot=a"
CHANGES = f":put 12345; {ADD}; /disk/set a comment=x; :put 67890"


class _Client:
    """Keeps what it is sent, in pieces; `ended` tells how its channel was closed."""

    def __init__(self) -> None:
        self.user, self.width = "admin", None
        self.pieces: list[str] = []
        self.ended = ""
        self._gone = asyncio.Event()

    @property
    def is_gone(self) -> bool:
        return self._gone.is_set()

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def write(self, text: str) -> None:
        self.pieces.append(text)

    def _end(self, how: str) -> None:
        self.ended = how
        self._gone.set()

    def finish(self) -> None:
        self._end("status 0")

    def close(self) -> None:
        self._end("no status")

    def hang_up(self) -> None:
        self._end("connection broken")

    def leave(self) -> None:
        self._end("left")

    async def wait_gone(self) -> None:
        await self._gone.wait()


class _Box:
    """Lines on a bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.lines = Lines(bench.tables, Schedule.instant(), bench.faults, bench.counters)

    async def run(self, line: str, fault: LineFault | None = None) -> _Client:
        """Run a line to its end, with a fault."""
        client = _Client()
        if fault is not None:
            self.bench.faults.plan(fault)
        try:
            await self.lines.execute(client, line)
        except SessionEnded:
            assert client.ended
        return client

    async def comment(self) -> str:
        """Tell how far the changes have come: no disk, the comment of one, or none yet."""
        return await self.bench.run(":foreach x in=[/disk/find where slot=a] do={:put [/disk/get $x comment]}")


@pytest.fixture
async def box(bench: Bench) -> _Box:
    """Have an appliance."""
    return _Box(bench)


async def test_a_line_is_answered_with_status_zero(box: _Box) -> None:
    """Piece by piece, as it is written; and counted."""
    client = await box.run(":put 1; :put 2")
    assert (client.pieces, client.ended) == (["1\r\n", "2\r\n"], "status 0")
    assert box.bench.counters.reply_bytes == 6


@pytest.mark.parametrize(
    ("fault", "ended", "comment"),
    [
        (LineFault.DROP_BEFORE, "connection broken", ""),
        (LineFault.DROP_MIDWAY, "connection broken", "\n"),
        (LineFault.DROP_AFTER, "connection broken", "x\n"),
    ],
)
async def test_a_dropped_line_has_come_so_far(box: _Box, fault: LineFault, ended: str, comment: str) -> None:
    """Not at all, to its first change, or to its end; no answer comes."""
    client = await box.run(CHANGES, fault)
    assert (client.text, client.ended, await box.comment()) == ("", ended, comment)
    assert box.bench.counters.faults == {fault.value: 1}


@pytest.mark.parametrize(
    ("fault", "comment"), [(LineFault.HANG, ""), (LineFault.HANG_MIDWAY, "\n"), (LineFault.HANG_AFTER, "x\n")]
)
async def test_a_line_that_hangs_has_come_so_far(box: _Box, fault: LineFault, comment: str) -> None:
    """When its client is gone it does not go on."""
    box.bench.faults.plan(fault)
    client = _Client()

    async def leave() -> None:
        while box.bench.counters.held == 0:  # noqa: ASYNC110 - it counts, and tells nobody
            await asyncio.sleep(0)
        assert (client.text, await box.comment()) == ("", comment)
        client.leave()

    async with asyncio.TaskGroup() as group:
        group.create_task(leave())
        with pytest.raises(SessionEnded):
            await box.lines.execute(client, CHANGES)
    assert (client.ended, await box.comment()) == ("left", comment)


@pytest.mark.parametrize(
    ("fault", "text", "ended"),
    [
        (LineFault.HALF_REPLY, "12345\r\n", "status 0"),
        (LineFault.CUT_REPLY, "12345\r\n", "no status"),
        (LineFault.NO_STATUS, "12345\r\n67890\r\n", "no status"),
        (LineFault.TRICKLE, "12345\r\n67890\r\n", "status 0"),
    ],
)
async def test_an_answer_may_be_broken(box: _Box, fault: LineFault, text: str, ended: str) -> None:
    """All has run nevertheless."""
    box.bench.faults.trickle_s = 0
    client = await box.run(CHANGES, fault)
    assert (client.text, client.ended, await box.comment()) == (text, ended, "x\n")


async def test_an_answer_may_trickle(box: _Box) -> None:
    """In pieces of sixteen characters."""
    box.bench.faults.trickle_s = 0
    client = await box.run(':put "12345678901234567890"', LineFault.TRICKLE)
    assert client.pieces == ["1234567890123456", "7890\r\n"]


async def test_a_message_may_stand_in_the_answer(box: _Box) -> None:
    """In its middle, on a line of its own."""
    client = await box.run(":put 12345; :put 67890", LineFault.NOISE)
    lines = client.text.split("\r\n")
    assert (lines[0], lines[-2]) == ("12345", "67890")
    assert any("nothing that anyone asked for" in line for line in lines)


async def test_a_stranger_comes_between_two_words(box: _Box) -> None:
    """The line that has looked acts on what it did not see."""
    await box.run(ADD)
    box.bench.faults.intrude("/disk/set a comment=theirs", "/disk/set")
    line = ':if ([/disk/get a comment] = "") do={/disk/set a file-offset=0; :put [/disk/get a comment]}'
    assert (await box.run(line)).text == "theirs\r\n"


async def test_an_administrator_runs_lines_of_his_own(box: _Box) -> None:
    """Uncounted, and unharmed by faults."""
    box.bench.faults.plan(LineFault.DROP_BEFORE)
    box.bench.faults.refuse("failure: no", "add")
    assert await box.lines.run_as_administrator(f"{ADD}; :put [/disk/find where slot=a]") == "*3\n"
    assert box.bench.counters.verbs == {}


async def test_print_may_be_wrapped_without_a_terminal(box: _Box) -> None:
    """At a width that is set; what a line puts is not."""
    box.lines.print_width = 60
    client = await box.run(f'{ADD}; /disk print detail where slot=a; :put "{"x" * 99}"')
    lines = client.text.splitlines()
    assert max(map(len, lines[:-1])) <= 60
    assert lines[-1] == "x" * 99


async def test_globals_are_the_users(box: _Box) -> None:
    """And live from line to line."""
    await box.run(":global known 5")
    assert (await box.run(":global known; :put $known")).text == "5\r\n"
