"""Log lines: one form for all of them, whoever writes them.

Whoever knows structlog logs with it and binds the call's id with `structlog.contextvars`; services and domain use
`logging.getLogger(__name__)` with `%`-arguments and `extra`, which come out as the same fields; so do libraries.
"""

import copy
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from rds_csi_async.observability.redaction import redact
from rds_csi_async.observability.repeats import RepeatFilter
from rds_csi_async.ports.calls import current_call_id

LogForm = Literal["auto", "human", "json"]

_TALKATIVE = ("aiohttp", "asyncio", "asyncssh", "grpclib", "hpack")
_MULTILINE = ("exception", "stack")
# Control characters could forge lines or drive the terminal; names that a client chose may hold them.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_CONTROLS_BUT_LINES = {code: text for code, text in _CONTROLS.items() if chr(code) not in "\n\t"}


def configure_logging(form: LogForm = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of the process to a stream (stderr), once; call it again to change your mind.

    `auto` is for people on a terminal and JSON elsewhere. Libraries are heard from WARNING on. Warnings that say the
    same again and again are held back (see `repeats`).

    Raises:
        ValueError: there is no such level.

    """
    number = _parse_level(level)
    stream = stream or sys.stderr
    human = form == "human" or (form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_make_formatter(human=human, colors=stream.isatty()))
    if number > logging.DEBUG:
        handler.addFilter(RepeatFilter())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(number)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_list_shared(human=human),
            _redact_arguments,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Redacts what a standard record would print, before it is printed."""

    def format(self, record: logging.LogRecord) -> str:
        if not hasattr(record, "_from_structlog") and not isinstance(record.msg, dict):
            record = copy.copy(record)
            record.msg = redact(record.msg)
            record.args = _redact_args(record.args)
        return super().format(record)


def _make_formatter(*, human: bool, colors: bool) -> logging.Formatter:
    renderer = structlog.dev.ConsoleRenderer(colors=colors) if human else structlog.processors.JSONRenderer()
    return _Formatter(
        foreign_pre_chain=[*_list_shared(human=human), structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            # Before the renderer can, which would print the local variables of every frame, secrets included.
            structlog.processors.format_exc_info,
            _redact_event,
            *([_neutralise] if human else []),
            renderer,
        ],
    )


def _list_shared(*, human: bool) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        _add_call_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if human else "iso", utc=not human),
    ]


def _add_call_id(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    call_id = current_call_id.get()
    if call_id:
        event.setdefault("call_id", call_id)
    return event


def _redact_event(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return cast("EventDict", redact(event))


def _redact_arguments(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    if "positional_args" in event:
        event["positional_args"] = tuple(redact(argument) for argument in event["positional_args"])
    return event


def _redact_args(args: object) -> Any:  # noqa: ANN401  # what the standard library's record holds there
    if isinstance(args, tuple):
        return tuple(redact(argument) for argument in args)
    return redact(args)


def _neutralise(_logger: WrappedLogger, _name: str, event: EventDict) -> MutableMapping[str, Any]:
    """Make every text printable on a terminal, and on one line unless it is a traceback."""

    def clean(key: str, text: str) -> str:
        table = _CONTROLS_BUT_LINES if key in _MULTILINE else _CONTROLS
        return text.translate(table).encode(errors="backslashreplace").decode()

    return {key: clean(key, value) if isinstance(value, str) else value for key, value in event.items()}


def _parse_level(level: str) -> int:
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        message = f"there is no log level {level!r}"
        raise ValueError(message)
    return number
