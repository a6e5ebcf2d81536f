"""RouterOS console language: how text becomes a line that means exactly that text, and a reply becomes rows.

Knows no menu and no I/O. RouterOS answers an exec with exit status 0 and text, whatever happened, and may drop the tail
of a long reply; so each line carries its own frame: rows of one JSON object a line, then a mark with their count and a
token that nobody can guess. The token comes last, so that a mark which was cut is no mark.

    :onerror xE in={BODY;:put "=end COUNT TOKEN"} do={:put {"error": …};:put "=err TOKEN"}

Variables of ours begin with `x`: inside `where` every property of a menu is a variable, and would hide ours.
"""

import json
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rds_csi_async.domain.errors import CutOffError, InvalidRequestError

WRAPPED_AT = 10_000  # characters after which consoles were seen to break a line that they print
LONGEST_LINE = 16_000  # what an exec takes is not documented; `:execute` takes 64 kB
_MOST_PIECES = 8  # a reply is asked for 64 kB at most
_COMPLAINT = re.compile(r"(?!bad )[a-z][^\n]{0,200} \(line \d+ column \d+\)")  # bad names are raised while a line runs
_PLAIN = frozenset((string.ascii_letters + string.digits + " ._:/,=@+-").encode())
_JSON = "[:serialize to=json options=json.no-string-conversion value="  # else "1234" would come back as 1234.000000


class NotParsedError(CutOffError):
    """The appliance's parser refused the line, so that as far as is known nothing of it ran."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: every row that was printed, and the line's own remark (a total, say)."""

    rows: tuple[Mapping[str, object], ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A whole answer too: the appliance's own words on why it stopped."""

    text: str


def render_text(text: str) -> str:
    r"""Quote any text as one literal, byte by byte.

    Only bytes that are nothing but themselves inside quotes stay; all others become `\XX` in upper case, since lower
    case is a syntax error there.

    Raises:
        InvalidRequestError: it holds a NUL or half a character, which no one knows how to send.

    """
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        message = f"{text[:80]!r} holds a character that cannot be sent to RouterOS"
        raise InvalidRequestError(message)
    body = "".join(chr(byte) if byte in _PLAIN else f"\\{byte:02X}" for byte in text.encode())
    return f'"{body}"'


def render_rows(kind: str, query: str) -> str:
    """Print what a `print as-value` gives, one row a line, each as `{"<kind>": row}`."""
    return f":foreach xR in=[{query}] do={{{render_row(kind, '$xR')}}}"


def render_row(kind: str, value: str) -> str:
    """Print one value as the row `{"<kind>": value}`."""
    return f":put {render_json(kind, value)};:set xN ($xN + 1)"


def render_json(kind: str, value: str) -> str:
    """Make the text of the row `{"<kind>": value}`, as an expression."""
    return f'{_JSON}({{"{kind}"={value}}})]'


def render_framed(statements: Sequence[str], token: str, remark: str = '""') -> str:
    """Put statements into the frame; `remark` is an expression whose text comes back beside the count.

    Raises:
        InvalidRequestError: the line is longer than an appliance is sure to take.

    """
    body = ";".join([":local xN 0", *statements])
    line = (
        f':onerror xE in={{{body};:put ("=end " . $xN . " " . {remark} . " {token}")}}'
        f' do={{:put {_JSON}({{"error"=[:tostr $xE]}})];:put "=err {token}"}}'
    )
    if len(line) > LONGEST_LINE or "\n" in line:
        message = f"a command of {len(line)} characters is too long for RouterOS ({LONGEST_LINE})"
        raise InvalidRequestError(message)
    return line


def parse_frame(text: str, token: str) -> Reply | Failure:
    """Read a reply. Lines that are neither rows nor our mark are messages of the console, and are passed over.

    Raises:
        NotParsedError: there is nothing but a complaint of the parser.
        CutOffError: there is no mark, or not as many rows as it counts: it was cut off on its way.

    """
    rows: list[Mapping[str, object]] = []
    for line in _unwrap(text.split("\n")):
        words = line.split()
        if words[:1] == ["=end"] and words[-1] == token:
            return _ended(rows, words[1:-1], text)
        if words == ["=err", token]:
            return _failed(rows, text)
        row = _parse_row(line)
        if row is not None:
            rows.append(row)
    raise _cut_off(text)


def _unwrap(lines: Sequence[str]) -> Iterator[str]:
    """Put together what was broken into pieces of one length, each but the last as long as the first."""
    pieces: list[str] = []
    for raw in lines:
        piece = raw.removesuffix("\r")
        if not pieces and not (piece.startswith("{") and len(piece) >= WRAPPED_AT):
            yield piece
            continue
        pieces.append(piece)
        whole = "".join(pieces)
        if len(piece) != len(pieces[0]) or len(pieces) == _MOST_PIECES or _parse_row(whole) is not None:
            yield whole
            pieces = []
    if pieces:
        yield "".join(pieces)


def _parse_row(line: str) -> Mapping[str, object] | None:
    if not line.startswith("{"):
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _ended(rows: list[Mapping[str, object]], words: list[str], text: str) -> Reply:
    if not words or words[0] != str(len(rows)):
        raise _cut_off(text)
    return Reply(tuple(rows), " ".join(words[1:]))


def _failed(rows: list[Mapping[str, object]], text: str) -> Failure:
    error = rows[-1].get("error") if rows else None
    if not isinstance(error, str):
        raise _cut_off(text)
    return Failure(error)


def _cut_off(text: str) -> CutOffError:
    said = text.strip()
    if _COMPLAINT.fullmatch(said):
        return NotParsedError(f"the appliance's parser does not understand the driver's command: {said!r}")
    message = f"the reply was cut off: it has no whole frame ({len(text)} characters, ending {text[-120:]!r})"
    return CutOffError(message)
