"""A compiled condition says what the evaluator says, or leaves it to the evaluator."""

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from rds_csi_async.simulator.conditions import find_compiled, read_bare
from rds_csi_async.simulator.evaluator import Evaluator
from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.operators import is_true
from rds_csi_async.simulator.parser import parse_program
from rds_csi_async.simulator.scopes import RowScope, Scope
from rds_csi_async.simulator.syntax_tree import Block, Command, Expression
from rds_csi_async.simulator.values import ItemId, Value
from tests.simulator.conftest import Bench

ROWS: Final[list[Mapping[str, Value]]] = [
    {".id": ItemId(0x1F), "slot": "rds1-a", "size": 1024, "mounted": True, "comment": "rds1:{}"},
    {".id": ItemId(2), "slot": "other", "size": 7, "mounted": False},
    {".id": ItemId(3), "slot": "", "comment": "5"},
    {},
]
CONDITIONS: Final = [
    "slot=rds1-a",
    'slot="rds1-a"',
    "slot=$slot",
    "slot=$xS",
    "slot!=other",
    "size=1024",
    'size="1024"',
    "size>7",
    "size>=$xN",
    "size=$xN",
    "comment=5",
    "comment",
    "!comment",
    'comment=""',
    "mounted",
    "mounted=yes",
    "!mounted",
    "mounted size>7",
    "mounted and size>7",
    "mounted or size=7",
    'slot~"^rds1-" or comment~"^rds1:"',
    '(slot~"^rds1-") and !(size=7)',
    'slot~"["',
    "slot=comment",
    "comment=slot",
    '"rds1-$xS"=slot',
    '("rds1" . "-a")=slot',
    ".id=*1F",
    "nobody",
    "nobody=1",
    "any comment",
    "size+1=8",
]


NAMES: Final = frozenset({".id", "slot", "size", "mounted", "comment"})


def condition_of(bench: Bench, text: str) -> Expression:
    """Parse what stands after `where`."""
    (command,) = parse_program(
        f':local xS "a";:local xN 7;/disk/find where {text}', bench.tables.vocabulary
    ).block.commands[2:]
    assert isinstance(command, Command)
    assert command.where is not None
    return command.where


def outer() -> Scope:
    """Open the scope around the condition."""
    scope = Scope({})
    scope.declare("xS", "a")
    scope.declare("xN", 7)
    scope.declare("slot", "hidden by the property")
    return scope


def evaluator_of(bench: Bench) -> Evaluator:
    """Give what conditions are compared with."""
    console = bench.console([])
    return Evaluator(console.session, console.verbs.run, lambda _text: Block(()))


async def answer_slowly(machine: Evaluator, condition: Expression, row: Mapping[str, Value]) -> object:
    """Give what the evaluator makes of it, or the words of its refusal."""
    try:
        return is_true(await machine.evaluate(condition, RowScope(outer(), NAMES, row)))
    except Failure as failure:
        return str(failure)


def answer(holds: Callable[[Mapping[str, Value]], Value], row: Mapping[str, Value]) -> object:
    """Give what the compiled condition makes of it, or the words of its refusal."""
    try:
        return is_true(holds(row))
    except Failure as failure:
        return str(failure)


@pytest.mark.parametrize("text", CONDITIONS)
async def test_both_say_the_same(bench: Bench, text: str) -> None:
    """Of every row, refusals too."""
    condition, machine = condition_of(bench, text), evaluator_of(bench)
    holds = find_compiled(condition, outer(), NAMES)
    assert holds is not None
    assert [answer(holds, row) for row in ROWS] == [await answer_slowly(machine, condition, row) for row in ROWS]


@pytest.mark.parametrize(
    "text", ["slot=[:tostr a]", "!(slot=[:tostr a])", "slot={1;2}", '"$[:tostr a]"=slot', "size=1 or [:len slot]=1"]
)
async def test_what_runs_commands_is_left_to_the_evaluator(bench: Bench, text: str) -> None:
    """However deep it stands."""
    assert find_compiled(condition_of(bench, text), outer(), NAMES) is None


async def test_a_condition_finds_its_rows(bench: Bench) -> None:
    """By a pattern, by text, and by what the evaluator has to run."""
    for slot in ("rds1-a", "rds1-b", "other"):
        await bench.add_disk(slot, "1M")
    assert await bench.value('[:len [/disk/find where slot~"^rds1-"]]') == "2"
    assert await bench.value('[:len [/disk/find where slot="other" or slot="rds1-a"]]') == "2"
    assert await bench.value('[:len [/disk/find where slot=[:tostr "other"]]]') == "1"


@pytest.mark.parametrize(
    ("word", "left", "symbol", "value"),
    [("5", "text", "=", "5"), ("5", 7, "=", 5), ("yes", True, "=", True), ("5", 7, "~", "5")],
)
def test_a_bare_word_is_read_beside_its_left(word: str, left: Value, symbol: str, value: Value) -> None:
    """As text beside text, else as the literal that it looks like."""
    assert read_bare(word, left, symbol) == value
