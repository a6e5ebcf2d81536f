"""Lines are framed, timed and kept, and what may still be at work is remembered."""

import pytest

from rds_csi_async.domain.errors import CutOffError
from rds_csi_async.routeros.experiments import Line
from rds_csi_async.routeros.recording import Recorder
from tests.fakes.console import ScriptedConsole


class EchoConsole(ScriptedConsole):
    """Answers with the token of the line, in the place of `TOKEN`."""

    async def run(self, line: str, *, mutating: bool, urgent: bool = False) -> str:
        """See `Console`."""
        token = line.rpartition("=err ")[2].removesuffix('"}')
        return (await super().run(line, mutating=mutating, urgent=urgent)).replace("TOKEN", token)


async def test_a_reply_becomes_rows_and_is_kept() -> None:
    """With the line that it is the reply to, and its token."""
    console = EchoConsole(['{"value":1}\r\n=end 1  TOKEN\r\n'])
    recorder = Recorder(console)
    answer = await recorder.send("key", Line("ask", [":put 1"]))
    (exchange,) = recorder.exchanges
    assert (answer.ok, answer.find("value")) == (True, 1)
    assert (exchange.key, exchange.what, exchange.line) == ("key", "ask", console.lines[0])
    assert exchange.token in exchange.reply
    assert console.mutating == [False]


async def test_failures_and_what_has_no_frame_are_answers() -> None:
    """An experiment is what tells whether they are good ones."""
    console = EchoConsole(['{"error":"no such item"}\r\n=err TOKEN\r\n', "syntax error\r\n"])
    recorder = Recorder(console)
    assert (await recorder.send("", Line("ask", [":put 1"]))).failure == "no such item"
    answer = await recorder.send("", Line("ask", [':put "x"'], bare=True))
    assert (answer.text, answer.whole) == ("syntax error\r\n", False)
    assert console.lines[1] == ':put "x"'


async def test_a_change_without_an_end_is_remembered() -> None:
    """Until whoever cleans up has taken note; a later line that ends well says nothing about it."""
    fine = "=end 0  TOKEN\r\n"
    recorder = Recorder(EchoConsole([fine, CutOffError("lost"), fine]))
    change = Line("change", ["/disk/add"], changes=True)
    await recorder.send("", change)
    assert not recorder.unsure
    with pytest.raises(CutOffError):
        await recorder.send("", change)
    assert recorder.unsure
    await recorder.send("", change)
    assert recorder.unsure


async def test_a_line_waits_as_long_as_it_says() -> None:
    """Before it is sent."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    await Recorder(EchoConsole(["=end 0  TOKEN\r\n"]), sleep).send("", Line("look", [":put 1"], pause_s=2.5))
    assert slept == [2.5]
