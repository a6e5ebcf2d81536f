"""No text can become anything but text, and no cut reply anything but an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import CutOffError, InvalidRequestError
from rds_csi_async.routeros.syntax import (
    WRAPPED_AT,
    Failure,
    NotParsedError,
    Reply,
    parse_frame,
    render_framed,
    render_row,
    render_rows,
    render_text,
)
from tests.transcripts import read_transcript

TOKEN = "0123456789abcdef"  # noqa: S105 - of a frame, no secret
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
rows = st.lists(
    st.dictionaries(st.text(max_size=8), st.one_of(texts, st.integers(), st.booleans()), min_size=1), max_size=4
)


def unescape(literal: str) -> str:
    """Read a literal as the console does: a backslash and two digits are a byte, all else is itself."""
    out, rest = bytearray(), literal[1:-1]
    while rest:
        if rest[0] == "\\":
            out.append(int(rest[1:3], 16))
            rest = rest[3:]
        else:
            out += rest[0].encode()
            rest = rest[1:]
    return out.decode()


def printed(kept: list[dict[str, object]], mark: str) -> str:
    """Print rows as the console does."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\r\n" for row in kept) + mark + "\r\n"


@given(texts)
def test_text_comes_back_as_it_was(text: str) -> None:
    """Byte for byte."""
    assert unescape(render_text(text)) == text


@given(texts)
def test_only_harmless_bytes_and_escapes_remain(text: str) -> None:
    """What is alive in RouterOS never stands unescaped between the quotes."""
    body = render_text(text)[1:-1]
    assert body.isascii()
    assert not set(body) & set('"$[]{}();#~?\r\n\t')


def test_the_alive_ones_become_upper_case_bytes() -> None:
    """As the console wants them."""
    assert render_text('a"$[\n]é') == '"a\\22\\24\\5B\\0A\\5D\\C3\\A9"'


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
def test_what_nobody_can_send_is_refused(text: str) -> None:
    """NUL and half a character."""
    with pytest.raises(InvalidRequestError):
        render_text(text)


def test_a_line_is_one_framed_line() -> None:
    """With the statements inside, the count before the token, and both ends marked."""
    line = render_framed([render_rows("disk", "/disk/print as-value"), render_row("left", "$xL")], TOKEN, "[:len $xA]")
    assert line.startswith(":onerror xE in={:local xN 0;:foreach xR in=[/disk/print as-value] do={")
    assert f'. " " . [:len $xA] . " {TOKEN}")}}' in line
    assert line.endswith(f':put "=err {TOKEN}"}}')


def test_a_line_that_is_too_long_is_not_sent() -> None:
    """Nobody knows what the appliance would make of it."""
    with pytest.raises(InvalidRequestError, match="too long"):
        render_framed(["x" * 16_000], TOKEN)


@given(rows, st.integers(0, 9999))
def test_a_whole_reply_gives_its_rows(kept: list[dict[str, object]], total: int) -> None:
    """All of them, in order, with the remark."""
    text = printed(kept, f"=end {len(kept)} {total} {TOKEN}")
    assert parse_frame(text, TOKEN) == Reply(tuple(kept), str(total))


@given(st.data(), rows, st.sampled_from(["=end {} 1234 " + TOKEN, "=err " + TOKEN]))
def test_no_prefix_of_a_reply_is_an_answer(data: st.DataObject, kept: list[dict[str, object]], mark: str) -> None:
    """Wherever it is cut."""
    text = printed([*kept, {"error": "why"}], mark.format(len(kept) + 1))
    cut = data.draw(st.integers(0, len(text.rstrip()) - 1))
    with pytest.raises(CutOffError):
        parse_frame(text[:cut], TOKEN)


@given(rows.filter(bool), st.data())
def test_a_missing_row_is_noticed(kept: list[dict[str, object]], data: st.DataObject) -> None:
    """The count does not match."""
    lost = data.draw(st.integers(0, len(kept) - 1))
    text = printed(kept[:lost] + kept[lost + 1 :], f"=end {len(kept)}  {TOKEN}")
    with pytest.raises(CutOffError):
        parse_frame(text, TOKEN)


@given(rows, texts.filter(lambda text: "\n" not in text and not text.startswith(("{", "="))))
def test_messages_of_the_console_are_passed_over(kept: list[dict[str, object]], noise: str) -> None:
    """Before, between and after."""
    lines = printed(kept, f"=end {len(kept)}  {TOKEN}").split("\r\n")
    text = "\r\n".join(each for line in lines for each in (noise, line, noise))
    assert parse_frame(text, TOKEN) == Reply(tuple(kept))


def test_another_calls_mark_is_no_mark() -> None:
    """Only the own token counts."""
    with pytest.raises(CutOffError):
        parse_frame("=end 0  somebody\r\n", TOKEN)
    with pytest.raises(CutOffError):
        parse_frame('{"error":"why"}\r\n=err somebody\r\n', TOKEN)


def test_a_failure_without_its_words_is_no_answer() -> None:
    """The mark alone does not say what failed."""
    with pytest.raises(CutOffError):
        parse_frame(f"=err {TOKEN}\r\n", TOKEN)
    with pytest.raises(CutOffError):
        parse_frame(f'{{"disk":{{}}}}\r\n=err {TOKEN}\r\n', TOKEN)


@pytest.mark.parametrize("name", ["syntax_error", "cut_off"])
def test_what_has_no_frame_is_cut_off(name: str) -> None:
    """Whatever it says."""
    with pytest.raises(CutOffError):
        parse_frame(read_transcript(name).reply, "TOKEN")


@pytest.mark.parametrize("text", ["syntax error (line 1 column 37)\n", "expected end of command (line 1 column 7)\r\n"])
def test_the_parsers_word_alone_says_that_nothing_ran(text: str) -> None:
    """As far as is known: the outcome is still to be looked at."""
    with pytest.raises(NotParsedError) as caught:
        parse_frame(text, TOKEN)
    assert not caught.value.outcome_known


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bad command name x (line 1 column 7)",
        "bad parameter x (line 1 column 7)",
        '{"left":1}\r\nsyntax error (line 1 column 7)',
        "failure: no (line 1)",
        "nov/24 disk,info syntax error (line 1 column 7)\r\nmore",
    ],
)
def test_anything_else_without_a_frame_says_nothing(text: str) -> None:
    """Bad names are raised while a line runs, and after a row the line ran."""
    with pytest.raises(CutOffError) as caught:
        parse_frame(text, TOKEN)
    assert type(caught.value) is CutOffError


def wrapped(line: str, at: int) -> str:
    """Break a line as a terminal does."""
    return "\n".join(line[start : start + at] for start in range(0, len(line), at))


@pytest.mark.parametrize("length", [WRAPPED_AT - 20, WRAPPED_AT * 2 - 11, WRAPPED_AT * 2, WRAPPED_AT * 3 + 1])
def test_a_row_that_the_console_wrapped_is_put_together(length: int) -> None:
    """Also when its last piece is as long as the others, and when it was not wrapped at all."""
    row = {"ids": ["x" * length]}
    line = json.dumps(row)
    for text in (wrapped(line, WRAPPED_AT), line):
        assert parse_frame(f"{text}\r\n=end 1  {TOKEN}\r\n", TOKEN) == Reply((row,))


def test_a_message_within_a_wrapped_row_is_no_part_of_it() -> None:
    """It would be read as what it is not."""
    first, second = wrapped(json.dumps({"ids": ["x" * 15_000]}), WRAPPED_AT).split("\n")
    for text in (f"{first}\nnov/24 disk,info checked\n{second}", f"{first}\n{second}\n{first}"):
        with pytest.raises(CutOffError):
            parse_frame(f"{text}\n=end 1  {TOKEN}\n", TOKEN)


def test_a_flood_of_pieces_is_not_tried_for_ever() -> None:
    """No row that was asked for has so many."""
    text = "{" * WRAPPED_AT + "\n" + "\n".join(["x" * WRAPPED_AT] * 100)
    with pytest.raises(CutOffError):
        parse_frame(text, TOKEN)


def test_transcripts_of_failures_are_failures() -> None:
    """With the appliance's own words."""
    assert parse_frame(read_transcript("no_space").reply, "TOKEN") == Failure(
        "failure: not enough space (/disk/add; line 1)"
    )
