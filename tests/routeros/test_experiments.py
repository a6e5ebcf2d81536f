"""Answers are read without trusting them, and lines say what they are."""

import pytest

from rds_csi_async.routeros.experiments import Answer, ask_value, judge, set_disk
from tests.routeros.trials import SCRATCH, bare, failed, said


def test_an_answer_is_fine_only_with_a_frame_and_without_failure() -> None:
    """And what went wrong is said in few words."""
    assert said({"value": 1}).ok
    assert not failed("no such item").ok
    assert not bare("syntax error\r\n(line 1)").ok
    assert (failed("no such item").said, bare("syntax \r\nerror").said) == ("no such item", "syntax error")
    assert bare("").said == "nothing came back"


@pytest.mark.parametrize(("value", "number"), [(3, 3), ("3", 3), ("x", None), (None, None), ([], None), (-1, None)])
def test_numbers_are_numbers_or_nothing(value: object, number: int | None) -> None:
    """RouterOS writes them as it likes."""
    assert said({"value": value}).find_number("value") == number


def test_rows_are_found_by_kind() -> None:
    """What is no row counts as an empty one."""
    answer = said({"disk": {"slot": "a"}}, {"disk": "b"}, {"value": 1})
    assert answer.find_row("disk") == {"slot": "a"}
    assert answer.list_all("disk") == [{"slot": "a"}, "b"]
    assert (answer.find_row("value"), answer.find("gone")) == ({}, None)


def test_a_verdict_keeps_the_words_of_a_failure() -> None:
    """They say more than what was to be seen."""
    assert judge(failed("no such item"), held=False, seen="nothing").seen == "no such item"
    assert judge(said(), held=False, seen="nothing").seen == "nothing"


def test_lines_that_change_say_so() -> None:
    """Whoever sends them must know."""
    assert not ask_value("ask", "1").changes
    line = set_disk(SCRATCH, "change", 'comment="x"')
    assert (line.changes, line.verb) == (True, "set")
    assert f'slot="{SCRATCH.slot}"' in line.statements[0]
    assert Answer("x").rows == ()
