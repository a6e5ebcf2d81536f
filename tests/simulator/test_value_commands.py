"""What makes values of values."""

import pytest

from tests.simulator.conftest import Bench


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("[:len abc]", "3"), ("[:len {1;2;3}]", "3"), ("[:len $none]", "0"), (r'[:len "\C3\A9"]', "2"),
        ("[:pick abcdef 1 3]", "bc"), ("[:pick abcdef 2]", "c"), ("[:pick abc 5 9]", ""),
        ("[:pick {1;2;3} 1 9]", "2;3"),
        ("[:pick {1;2} 1]", "2"), ("[:typeof [:pick {1;2} 5]]", "nothing"),
        ("[:find abc b]", "1"), ("[:typeof [:find abc x]]", "nil"), ("[:find abab b 1]", "3"), ("[:find {5;6} 6]", "1"),
        ("[:tonum 0x10]", "16"), ('[:typeof [:tonum " 1 "]]', "nil"), ('[:typeof [:tonum "1.5"]]', "nil"),
        ('[:typeof [:tonum ""]]', "nil"), ('[:tobool "yes"]', "true"), ("[:tobool 0]", "false"),
        ("[:typeof [:tobool x]]", "nil"), ("[:tostr {1;2}]", "1;2"), ('[:len [:toarray ""]]', "0"),
        ('[:toarray "a,b"]', "a;b"), ('[:typeof [:toid "*1F"]]', "id"), ("[:typeof [:toid x]]", "nil"),
        ("[:typeof 12]", "num"), ("[:typeof yes]", "bool"), ("[:typeof 1.2]", "ip"), ("[:typeof 1d]", "time"),
        ("[:typeof [:timestamp]]", "time"), ("[:timestamp]", "00:00:01.5"), ("[:typeof [:nothing]]", "nothing"),
        ('[:serialize to=json value={"b"=1;"a"="12"}]', '{"a":12.000000,"b":1}'),
        ("[:serialize to=json options=(json.pretty,json.no-string-conversion) value=({})]", "[]"),
        ('([:deserialize from=json value="{\\"a\\":[1,2]}"]->"a")', "1;2"),
    ],
)  # fmt: skip
async def test_values(bench: Bench, expression: str, text: str) -> None:
    """As `:put` writes them."""
    assert await bench.value(expression) == text


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("[:serialize to=dsv value=1]", "invalid value for argument to (:serialize; line 1)"),
        ("[:serialize to=json options=nope value=1]", "invalid value for argument options (:serialize; line 1)"),
        ("[:deserialize from=dsv value=1]", "invalid value for argument from (:deserialize; line 1)"),
        ("[:len]", "missing value(s) of argument(s) value (:len; line 1)"),
        ("[:pick abc x]", "invalid value for argument begin (:pick; line 1)"),
        ("", "missing value(s) of argument(s) message (:put; line 1)"),
    ],
)
async def test_refusals(bench: Bench, expression: str, error: str) -> None:
    """With the tail of the command that refused."""
    assert await bench.value(expression) == error
