"""Requests are taken to pieces, from JSON or from words."""

import pytest

from rds_csi_async.simulator.control_requests import Request, decode_request, parse_words


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["counters"], {"do": "counters"}),
        (
            ["fault", "hang", "match=a=1", "times=2"],
            {"do": "fault", "kind": "hang", "match": "a=1", "times": 2},
        ),
        (["run", "/disk/print where slot=a"], {"do": "run", "line": "/disk/print where slot=a"}),
        (["exports", "up=true", "only=a,b"], {"do": "exports", "up": True, "only": "a,b"}),
        (["fault", "disk-full", "pool=1"], {"do": "fault", "kind": "disk-full", "pool": "1"}),
        (["safe-mode", "undo"], {"do": "safe-mode", "then": "undo"}),
    ],
)
def test_words_become_a_request(words: list[str], request_: dict[str, object]) -> None:
    """The first word of some has a place of its own; the others have names."""
    assert parse_words(words) == request_


@pytest.mark.parametrize(("words", "error"), [([], "nothing is asked"), (["counters", "x"], "'x' is not of the form")])
def test_words_that_make_no_sense_are_refused(words: list[str], error: str) -> None:
    """With the word."""
    with pytest.raises(ValueError, match=error):
        parse_words(words)


def test_parts_are_taken_once() -> None:
    """Each as what it has to be, with a default or not."""
    request = decode_request(b'{"a": "x", "n": "2.5", "w": 3, "f": false, "t": ["p", 1], "s": "p,q"}')
    assert (request.text("a"), request.number("n"), request.whole("w"), request.flag("f")) == ("x", 2.5, 3, False)
    assert (request.texts("t"), request.texts("s"), request.texts("none")) == (["p", "1"], ["p", "q"], [])
    assert (request.text("a", "y"), request.number("n", 0)) == ("y", 0.0)
    request.ensure_all_taken()
    with pytest.raises(ValueError, match="w is missing"):
        request.whole("w")


def test_what_nobody_takes_is_a_mistake() -> None:
    """It may be misspelt."""
    with pytest.raises(ValueError, match="not understood: tmies"):
        Request({"tmies": 2}).ensure_all_taken()


def test_a_request_is_an_object() -> None:
    """And nothing else."""
    for line in (b"[1]\n", b"{\n"):
        with pytest.raises(ValueError, match=r"object|Expecting"):
            decode_request(line)
