"""Each look holds on a good answer, and does not on one that says otherwise."""

from typing import Any

import pytest

from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.routeros.experiments import Answer
from rds_csi_async.routeros.looking import EVERY_CHARACTER, LOOKS, differences
from tests.routeros.examples import SETTINGS
from tests.routeros.trials import bare, drive, failed, said

POOL = {"slot": "pool1", "mounted": True, "mount-point": "pool1", "fs": "btrfs", "fs-uuid": SETTINGS.pools[0].fs_uuid,
        "size": 100, "free": 60}  # fmt: skip
TRAFFIC = """slot: pool1
read-ops-per-second: 1
write-ops-per-second: 2
read-rate: 8bps
write-rate: 16bps
read-time: 0ms
write-time: 1ms
wait-time: 0ms
active-time: 1ms
in-flight-ops: 0
"""
SENSOR = {"name": "cpu-temperature", "value": "45", "type": "C"}
SHOWN = said({"pool": POOL})


def _answers(*values: Any) -> Answer:
    return said(*({"value": value} for value in values))


CASES: list[tuple[str, list[Answer], bool | None]] = [
    ("version", [bare("=version 7.24.4 (stable) version-asked\r\n")], True),
    ("version", [bare("=version 7.20.8 (stable) version-asked\r\n")], False),
    ("version", [bare("syntax error\r\n")], False),
    ("package", [_answers(1)], True),
    ("package", [_answers(0)], False),
    ("pools", [SHOWN], True),
    ("pools", [said({"pool": {**POOL, "mounted": False}})], False),
    ("pools", [said({"pool": {**POOL, "fs-uuid": "another"}})], False),
    ("pools", [failed("no such item")], False),
    ("guard", [SHOWN, _answers(0)], True),
    ("guard", [SHOWN, _answers(1)], False),
    ("guard", [SHOWN, failed("xpool fast")], False),
    ("guard", [said()], None),
    ("compared", [_answers(*[False, True])], True),
    ("compared", [_answers("false", "true")], True),
    ("compared", [_answers(*[False, False])], False),
    ("compared", [failed("cannot compare")], False),
    ("safe-mode", [_answers(*[False])], True),
    ("safe-mode", [_answers("yes")], True),
    ("safe-mode", [_answers("")], False),
    ("max-sessions", [_answers("20")], True),
    ("max-sessions", [_answers(1, 20)], True),
    ("max-sessions", [_answers(7)], False),
    ("max-sessions", [said()], False),
    ("frame", [failed("xprobe (:error; line 1)")], True),
    ("frame", [bare("xprobe")], False),
    ("error-words", [failed("xprobe words (:error; line 1)")], True),
    ("error-words", [failed("failure: xprobe words")], False),
    ("stops", [Answer('{"before":1}\r\n', failure="xstop", whole=True)], True),
    ("stops", [Answer('{"before":1}\r\n{"after":1}\r\n', failure="xstop", whole=True)], False),
    ("parser", [bare("syntax error (line 1 column 3)\r\n")], True),
    ("parser", [bare("xran\r\nsyntax error\r\n")], False),
    ("parser", [bare("")], False),
    ("quoting", [_answers(EVERY_CHARACTER)], True),
    ("quoting", [_answers(EVERY_CHARACTER.replace("\t", "    "))], False),
    ("numbers-as-text", [_answers("0123")], True),
    ("numbers-as-text", [_answers(123.0)], False),
    ("absent", [_answers(None)], True),
    ("absent", [_answers("none")], False),
    ("absent", [said()], False),
    ("slices", [_answers("*2", "*3")], True),
    ("slices", [_answers("*3", "*2")], False),
    ("long-row", [_answers("a" * 12_288)], True),
    ("long-row", [_answers("a" * 4096)], False),
    ("long-reply", [_answers(*["a"] * 64)], True),
    ("long-reply", [bare('{"value":"aaa')], False),
    ("traffic", [said(text=TRAFFIC)], True),
    ("traffic", [said(text=TRAFFIC.replace("bps", "bits"))], False),
    ("traffic", [said()], False),
    ("traffic", [bare("syntax error")], False),
    ("sensors", [said({"sensor": SENSOR})], True),
    ("sensors", [said({"sensor": SENSOR}, {"sensor": {**SENSOR, "type": "furlongs"}})], False),
    ("sensors", [said()], False),
    ("sensors", [bare("bad command name health (line 1 column 9)")], False),
]


@pytest.mark.parametrize(("key", "answers", "held"), CASES)
def test_what_holds_and_what_does_not(key: str, answers: list[Answer], held: bool | None) -> None:  # noqa: FBT001 - an example
    """Whatever was seen is said in words, and nothing was changed to see it."""
    seen, sent = drive(LOOKS[key](SETTINGS), answers)
    assert seen.held is held
    assert seen.seen
    assert not any(line.changes for line in sent)


@pytest.mark.parametrize(("most", "held"), [(64_000, True), (16_000, True), (15_999, False)])
def test_the_longest_line_is_found(most: int, held: bool) -> None:  # noqa: FBT001 - an example
    """By sending longer and longer ones until one is not run whole."""
    trial = LOOKS["long-line"](SETTINGS)
    line, longest, ended = next(trial), 0, Observation(None, "")
    try:
        while True:
            text = line.statements[0]
            fits = len(text) <= most
            longest = len(text) if fits else longest
            line = trial.send(bare(f"=length {text.split(chr(34))[1].count('a')}\r\n" if fits else "syntax error"))
    except StopIteration as end:
        ended = end.value
    assert ended.held is held
    assert f"the longest that ran had {longest} characters" in ended.seen


def test_lost_characters_are_named() -> None:
    """By their numbers, not all of them."""
    assert differences(EVERY_CHARACTER.replace("\r", "")) == "lost: U+000D"
    assert differences("").endswith(" …")
    assert differences(EVERY_CHARACTER + "x").endswith("more besides")
    assert "no text" in differences(None)
