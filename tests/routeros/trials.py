"""Drives an experiment with answers from a script."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.routeros.experiments import Answer, Line, Trial
from rds_csi_async.routeros.scratch import Scratch
from tests.routeros.examples import BTRFS, EXT4

MARK: Final = "0123456789"
SCRATCH: Final = Scratch.on(MARK, BTRFS, 4420)
IN_A_FOLDER: Final = Scratch.on(MARK, EXT4, 4420)


def said(*rows: Mapping[str, Any], text: str = "", duration_s: float = 0.0) -> Answer:
    """Answer with rows."""
    return Answer(text, rows, whole=True, duration_s=duration_s)


def failed(words: str) -> Answer:
    """Answer with a failure."""
    return Answer("", failure=words, whole=True)


def bare(text: str) -> Answer:
    """Answer without a frame."""
    return Answer(text)


def disk(**row: Any) -> Mapping[str, Any]:
    """Give the row of a disk; names of properties have `_` for `-`."""
    return {"disk": {name.replace("_", "-"): value for name, value in row.items()}}


def drive(trial: Trial, answers: Sequence[Answer]) -> tuple[Observation, list[Line]]:
    """Give what was seen, and the lines that were sent; the last answer is given again when there are more lines."""
    sent: list[Line] = []
    given = list(answers)
    try:
        line = next(trial)
        while True:
            sent.append(line)
            line = trial.send(given.pop(0) if len(given) > 1 else replace(given[0]))
    except StopIteration as end:
        observation: Observation = end.value
        return observation, sent
