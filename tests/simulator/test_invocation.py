"""Arguments are evaluated when they are asked for."""

import pytest

from rds_csi_async.simulator.evaluator import Evaluator
from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.scopes import Scope
from rds_csi_async.simulator.syntax_tree import Block, CodeBlock, Command, Literal, Word
from rds_csi_async.simulator.values import Address
from tests.simulator.conftest import Bench


@pytest.fixture
def call(bench: Bench) -> Invocation:
    """Call a command with a word, a flag and a block."""
    arguments = (("word", Word("1.2")), ("flag", Literal(value=True)), ("do", CodeBlock(Block(()))))
    machine = Evaluator(bench.console([]).session, bench.tables.verbs.run, lambda _text: Block(()))
    return Invocation(machine, Command(None, "test", arguments), Scope({}))


async def test_a_bare_word_is_text_for_a_property_and_a_literal_elsewhere(call: Invocation) -> None:
    """An address here."""
    assert await call.find_property("word") == "1.2"
    assert await call.find("word") == Address(0x01000002)


async def test_what_is_missing_is_named(call: Invocation) -> None:
    """Unless one asks whether it is there."""
    assert (call.has("flag"), call.has("other"), await call.find("other")) == (True, False, None)
    with pytest.raises(Failure, match=r"missing value\(s\) of argument\(s\) other"):
        await call.get("other")


async def test_only_code_runs(call: Invocation) -> None:
    """Text is no code."""
    await call.run("do")
    assert await call.holds("flag")
    with pytest.raises(Failure, match="invalid value for argument word"):
        await call.run("word")
