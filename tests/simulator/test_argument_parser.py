"""Arguments by name, by place, as flags: checked as far as the parser checks them."""

import pytest

from tests.simulator.conftest import Bench


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("slot= comment=x", "expected end of command (line 1 column 17)"),
        ("comment={1;2}", "syntax error (line 1 column 19)"),
        ("swap=true", "syntax error (line 1 column 16)"),
        ("swap=1", "syntax error (line 1 column 16)"),
        ("swap=(1)", "syntax error (line 1 column 16)"),
        ("comment =x", "expected end of command (line 1 column 11)"),
        ('comment="a"b', "expected end of command (line 1 column 22)"),
        ("nope=1", "bad parameter nope (line 1 column 11)"),
    ],
)
async def test_refusals(bench: Bench, arguments: str, error: str) -> None:
    """Nothing was added."""
    assert await bench.run(f"/disk/add {arguments}") == error + "\n"
    assert await bench.value("[:len [/disk/find where type=file]]") == "0"


@pytest.mark.parametrize("written", ["yes", '"yes"', '("yes")', "[:tostr yes]"])
async def test_a_switch_takes_yes_in_any_quotes(bench: Bench, written: str) -> None:
    """As text, or as a value that is known only when it runs."""
    assert await bench.add_disk(more=f"swap={written}") == ""
    assert await bench.value("[/disk/get [find slot=a] swap]") == "true"


async def test_a_comment_may_be_an_array_in_parentheses(bench: Bench) -> None:
    """It becomes text."""
    assert await bench.add_disk(more="comment=({1;2})") == ""
    assert await bench.value("[/disk/get [find slot=a] comment]") == "1;2"


async def test_an_empty_value_at_the_end_of_a_command_is_empty(bench: Bench) -> None:
    """It needs no quotes there."""
    assert await bench.add_disk(more="comment=") == ""
    assert await bench.value("[:typeof [/disk/get [find slot=a] comment]]") == "nothing"


async def test_arguments_may_stand_by_place_or_by_name(bench: Bench) -> None:
    """In any mixture."""
    assert await bench.value("[:pick abcdef begin=1 end=3]") == "bc"
    assert await bench.value("[:pick end=3 abcdef 1]") == "bc"


async def test_a_bare_word_is_text_for_a_property(bench: Bench) -> None:
    """Even where it looks like an address."""
    assert await bench.add_disk(more="comment=1.2") == ""
    assert await bench.value("[/disk/get [find slot=a] comment]") == "1.2"
