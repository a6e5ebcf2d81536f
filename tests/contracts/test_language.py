"""What the driver writes means what it meant, to an interpreter of the language that shares no code with it."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rds_csi_async.routeros.syntax import (
    Failure,
    Reply,
    parse_frame,
    render_framed,
    render_row,
    render_rows,
    render_text,
)
from tests.simulator.conftest import Bench, bench

__all__ = ["bench"]
TOKEN = "0123456789abcdef"  # noqa: S105 - of a frame, no secret
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
_alive = st.text(st.sampled_from('"$[]{}();#~?\\=!&|<>*^,. \r\n\t\x1b_x0Fé:/@'), max_size=60)
_any_text = st.one_of(_texts, _alive)
_many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def ask(bench: Bench, statements: list[str], remark: str = '""') -> Reply | Failure:
    """Run statements in the driver's frame, and read the reply as the driver does."""
    printed = await bench.run(render_framed(statements, TOKEN, remark))
    return parse_frame(printed.encode("latin-1").decode(), TOKEN)


@_many
@given(text=_any_text)
async def test_any_text_comes_back_as_it_was_sent(bench: Bench, text: str) -> None:
    """Through quoting, the parser, an expression, JSON and the frame; nothing in it is alive."""
    assert await ask(bench, [render_row("text", render_text(text))]) == Reply(({"text": text},))


@_many
@given(text=_any_text)
async def test_any_text_can_be_stored_found_and_read_back(bench: Bench, text: str) -> None:
    """As a comment, which is where the records are: exactly one disk has it, and any other text finds none."""
    slot = render_text("a")
    make = f'/disk/add type=file file-path="pool1/a.img" file-size=1M slot={slot}'
    stored = await ask(
        bench,
        [
            f":if ([:len [/disk/find where slot={slot}]] = 0) do={{{make}}}",
            f"/disk/set [/disk/find where slot={slot}] comment={render_text(text)}",
            render_row("found", f"[:len [/disk/find where comment={render_text(text)} slot={slot}]]"),
            render_row("other", f"[:len [/disk/find where comment={render_text(text + '.')}]]"),
            render_rows("disk", f"/disk/print detail as-value where slot={slot}"),
        ],
    )
    assert isinstance(stored, Reply)
    shown = {kind: value for row in stored.rows for kind, value in row.items() if kind != "pool"}
    assert (shown["found"], shown["other"]) == (1, 0)
    assert isinstance(shown["disk"], dict)
    assert (shown["disk"].get("comment") or "") == text


@_many
@given(text=_any_text)
async def test_any_error_is_reported_whole_in_its_frame(bench: Bench, text: str) -> None:
    """Whatever an appliance may say in it."""
    failure = await ask(bench, [f":error {render_text(text)}"])
    assert isinstance(failure, Failure)
    assert failure.text.startswith(text)


@_many
@given(texts=st.lists(_any_text, max_size=5), data=st.data())
async def test_a_reply_that_is_cut_anywhere_is_no_answer(bench: Bench, texts: list[str], data: st.DataObject) -> None:
    """As the interpreter prints it, not as we believe that it does."""
    line = render_framed([render_row("text", render_text(text)) for text in texts], TOKEN)
    printed = (await bench.run(line)).encode("latin-1").decode()
    cut = data.draw(st.integers(0, len(printed.rstrip()) - 1))
    with pytest.raises(Exception, match="frame"):
        parse_frame(printed[:cut], TOKEN)
    assert parse_frame(printed, TOKEN) == Reply(tuple({"text": text} for text in texts))


async def test_what_the_interpreter_refuses_is_not_taken_for_an_answer(bench: Bench) -> None:
    """A test of the test: text that is not quoted does become something else."""
    printed = await bench.run(render_framed([render_row("text", '"$undeclared"')], TOKEN))
    assert json.loads(printed.splitlines()[0]) == {"text": ""}
