"""Operators bind as the console binds them."""

import pytest

from tests.simulator.conftest import Bench


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(1 + 2 * 3)", "7"), ('("a" . 1 + 2)', "a3"), ("(1 . 2 = 12)", "true"), ("(2 + 3 << 1)", "10"),
        ("(1 | 2 ^ 2 & 3)", "1"), ("(true || false && false)", "true"), ("(true or false and false)", "true"),
        ("(!false && false)", "false"), ("(-2 + 5)", "3"), ('({"a"=5}->"a" + 1)', "6"), ("(1,2 . 3)", "1;23"),
        ("(10 / 3)", "3"), ("(7 % 4)", "3"), ("(1.2)", "1.0.0.2"), ("(0x1f)", "31"), ("({abc})", ""),
        ("[:typeof ({})]", "array"), ("[:len ({abc})]", "1"), ('({b=1;"a"=2})', "a=2;b=1"), ('(5 = "5")', "true"),
        ("[:typeof (1 2)]", "nothing"), ("(10.0.0.1 in 10.0.0.0/8)", "true"), ("(1 in {1;2})", "true"),
        ('("a" ~ "^a")', "true"), ("(1 < 2)", "true"), ("(2 <= 1)", "false"), ("(any 1)", "true"), ('$"a-b"', ""),
    ],
)  # fmt: skip
async def test_expressions(bench: Bench, expression: str, text: str) -> None:
    """From tight to loose, with what `:put` makes of the result."""
    assert await bench.value(expression) == text


@pytest.mark.parametrize(
    ("condition", "slots"),
    [
        ("slot=a", "a"), ('slot="a" comment="x y"', "a"), ('slot="a" comment="other"', ""), ("type=file", "a;b"),
        ("comment", "a"), ('comment=""', "pool1;raid10;b"), ("mounted", "pool1;raid10"), ("!mounted", "a;b"),
        ('comment~"^x" or slot=b', "a;b"), ("size>2000000000", "pool1;raid10;b"), ("swap=no type!=raid", "a;b"),
        ("unknown=1", ""), (".id=*3", "a"), ("slot=$slot type=file", "a;b"), ('fs="xfs"', "raid10"),
        ("(slot=a || slot=b)", "a;b"), ("nvme-tcp-export=yes", ""), ('slot in {"a";"raid10"}', "raid10;a"),
    ],
)  # fmt: skip
async def test_conditions_on_rows(bench: Bench, condition: str, slots: str) -> None:
    """Every property is a variable there, and what stands side by side is joined by AND."""
    await bench.add_disk("a", "1G", 'comment="x y"')
    await bench.add_disk("b", "2G")
    loop = ':local xL ({});:foreach xR in=[/disk/print as-value where %s] do={:set xL ($xL , ($xR->"slot"))};:put $xL'
    assert await bench.run(loop % condition) == slots + "\n"


@pytest.mark.parametrize("expression", ["{*1}", "(1 ==2)", "($)", "(1 ?2)"])
async def test_what_is_no_operator_is_refused(bench: Bench, expression: str) -> None:
    """Whatever other languages think of it."""
    assert "error" in await bench.run(f":put {expression}")
