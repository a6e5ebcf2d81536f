"""Replies as they could come: what RouterOS prints, cut, mangled, doubled, mixed with messages, of other values."""

import json
from typing import Final

from hypothesis import strategies as st

from tests.fuzz.target import FRAMED, RAW, REMARKED
from tests.transcripts import list_transcripts, read_transcript

TRANSCRIPTS: Final = tuple(read_transcript(name).reply for name in list_transcripts())
_NAMES: Final = (
    "slot", "type", "size", "free", "fs", "fs-uuid", "fs-label", "mounted", "mount-point", "comment", "file-path",
    "nvme-tcp-export", "nvme-tcp-server-nqn", "nvme-tcp-server-port", ".id", "name", "version", "disabled",
)  # fmt: skip
_VALUES: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(["file", "yes", "no", "true", "pool1", "*1F", "1e9", "-1", "9" * 30, "٣", 'rds1:{"g":1}']),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=8)),
    max_leaves=8,
)
_NOISE: Final = (
    "\r\n",
    "\0",
    '"',
    "{",
    "}",
    "[",
    "1",
    "9" * 30,
    "1e999",
    "NaN",
    "\\",
    "\ud7ff",
    "=end 1  TOKEN\r\n",
    "=err TOKEN\r\n",
)
_CHARACTERS: Final = st.characters(codec="utf-8")
_ROWS: Final = st.lists(
    st.dictionaries(st.sampled_from(["pool", "disk", "ids", "left", "error", "name", "package"]), _VALUES, max_size=2),
    max_size=5,
).map(lambda rows: "\r\n".join(json.dumps(row) for row in rows))


@st.composite
def _mangled(draw: st.DrawFn) -> str:
    """Take a reply that was printed, and do a few things to it."""
    text = draw(st.sampled_from(TRANSCRIPTS))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(start + draw(st.integers(0, 400)), len(text))
        middle = draw(st.sampled_from(["", text[start:end] * 2, *_NOISE]))
        text = text[:start] + middle + text[end:]
    return text


cases: Final = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda mode, text: mode + text.encode(), st.sampled_from([RAW, FRAMED]), _mangled()),
    _ROWS.map(lambda text: FRAMED + text.encode()),
    st.builds(lambda remark, rows: REMARKED + f"{remark}\n{rows}".encode(), st.text(_CHARACTERS, max_size=9), _ROWS),
)
