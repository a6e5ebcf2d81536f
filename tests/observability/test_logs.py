"""Whoever logs, the line comes out the same, and without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from rds_csi_async.observability.logs import LogForm, configure_logging
from rds_csi_async.ports.calls import current_call_id


class Terminal(io.StringIO):
    """A stream with a person before it."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@dataclass
class Request:
    """Stands for a CSI message."""

    name: str
    secrets: dict[str, str]


REQUEST = Request("pvc", {"password": "hunter2"})


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    for name in ("aiohttp", "asyncio", "asyncssh", "grpclib", "hpack"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _configure(form: LogForm = "json", level: str = "info", stream: io.StringIO | None = None) -> io.StringIO:
    stream = stream or io.StringIO()
    configure_logging(form, level, stream)
    return stream


def _read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_both_ways_of_logging_give_the_same_fields() -> None:
    """Inner rings know only the standard library, and are still searched by field."""
    stream = _configure()
    structlog.contextvars.bind_contextvars(call_id="c-1")
    structlog.get_logger("rds").info("made %s", "pvc", slot="rds1-x")
    logging.getLogger("rds").info("made %s", "pvc", extra={"slot": "rds1-x"})
    ours, theirs = _read(stream)
    assert ours.pop("timestamp") <= theirs.pop("timestamp")
    assert ours == theirs
    assert ours == {"event": "made pvc", "slot": "rds1-x", "level": "info", "logger": "rds", "call_id": "c-1"}


@pytest.mark.parametrize("form", ["json", "human"])
def test_no_way_of_logging_shows_a_secret(form: LogForm) -> None:
    """As a field, as an argument, as the whole message, printed into a text, or in a traceback's variables."""
    stream = _configure(form)
    ours, theirs = structlog.get_logger("rds"), logging.getLogger("rds")
    ours.info("got", request=REQUEST)
    ours.info("got %s", REQUEST)
    ours.info("got %s", {"token": "hunter2"})
    ours.info(f"got {REQUEST}")
    theirs.info("got %s and %d", REQUEST, 7)
    theirs.info("got %s and %s", {"token": "hunter2"}, "more")
    theirs.info("got %(login)s", {"login": {"token": "hunter2"}})
    theirs.info(REQUEST)
    theirs.info(f"got {REQUEST}")  # the mistake that is tested
    theirs.info("got", extra={"request": REQUEST, "token": "hunter2"})
    _fail_loudly(REQUEST)
    assert stream.getvalue().count("hunter2") == 0
    assert stream.getvalue().count("\n") >= 10


def _fail_loudly(request: Request) -> None:
    """Log a traceback from a frame that has a secret in a variable."""
    try:
        request.name.index("?")
    except ValueError:
        logging.getLogger("rds").exception("theirs")
        structlog.get_logger("rds").exception("ours")


@pytest.mark.parametrize("form", ["json", "human"])
def test_a_traceback_is_told(form: LogForm) -> None:
    """With the error and where it was, by either way of logging."""
    stream = _configure(form)
    _fail_loudly(REQUEST)
    assert stream.getvalue().count("ValueError: substring not found") == 2
    assert stream.getvalue().count("in _fail_loudly") == 2


def test_auto_is_for_people_on_a_terminal_and_json_elsewhere() -> None:
    """A log collector gets JSON, a person does not."""
    elsewhere, terminal = _configure("auto"), Terminal()
    logging.getLogger("rds").info("hello")
    _configure("auto", stream=terminal)
    logging.getLogger("rds").info("hello")
    assert _read(elsewhere)[0]["event"] == "hello"
    assert "hello" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_the_last_word_counts() -> None:
    """Configured twice, a line is still written once."""
    first, second = _configure(), _configure()
    logging.getLogger("rds").info("once")
    assert (first.getvalue(), len(_read(second))) == ("", 1)


def test_libraries_are_heard_from_warning_on() -> None:
    """They come out in the same form, and their chatter does not."""
    stream = _configure(level="debug")
    for name in ("asyncssh", "grpclib.server", "aiohttp.access"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble")
    logging.getLogger("rds").debug("ours")
    assert [line["event"] for line in _read(stream)] == ["trouble", "trouble", "trouble", "ours"]


def test_the_level_holds_for_both_ways() -> None:
    """What is below it is not written."""
    stream = _configure(level="warning")
    structlog.get_logger("rds").info("quiet")
    logging.getLogger("rds").info("quiet")
    structlog.get_logger("rds").error("loud")
    assert [line["event"] for line in _read(stream)] == ["loud"]


def test_an_unknown_level_is_refused() -> None:
    """A spelling mistake does not silence the driver."""
    with pytest.raises(ValueError, match="'lowd'"):
        configure_logging("json", "lowd")


@pytest.mark.parametrize("form", ["json", "human"])
def test_a_name_cannot_forge_a_line_or_drive_the_terminal(form: LogForm) -> None:
    """Volume names come from outside; control characters and broken text in them are shown, not sent."""
    stream = _configure(form)
    logging.getLogger("rds").info("made %s", "a\nERROR forged \x1b[2J \udce9", extra={"name_": "b\nc\x1b\udce9"})
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().isascii()


def test_the_lines_of_a_call_bear_its_id_whoever_writes_them() -> None:
    """So that what the appliance's edge says can be put to the call that it was said for."""
    stream = _configure()
    token = current_call_id.set("c0ffee")
    logging.getLogger("of.a.call").info("sent")
    current_call_id.reset(token)
    logging.getLogger("of.none").info("looked")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["call_id"] == "c0ffee"
    assert "call_id" not in second


def test_a_failure_that_lasts_is_summarised() -> None:
    """The log of a pod is not filled by one claim."""
    stream = _configure()
    for _ in range(5):
        logging.getLogger("a").warning("%s failed", "x", extra={"request": {"volume_id": "v"}})
    assert [entry["event"] for entry in _read(stream)] == ["x failed"]


def test_whoever_looks_for_everything_gets_everything() -> None:
    """At level debug nothing is held back."""
    stream = _configure(level="debug")
    for _ in range(3):
        logging.getLogger("a").warning("x failed")
    assert len(_read(stream)) == 3
