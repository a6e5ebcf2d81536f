"""The command line says what it did, and what it was not told."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from rds_csi_async.app.cli import main


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_settings_that_cannot_be_used_are_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and no traceback."""
    assert main(["run", "--mode", "both", "--cluster-id", "c"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("rds-csi: mode 'both' is none of")
    assert said.count("\n") == 1


def test_a_pool_that_is_not_described_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The simulator does not start with another."""
    assert main(["simulate", "--root", str(tmp_path), "--pool", "x", "--port", "0"]) == 2
    assert "name=fs:size" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "simulate", "simulate-control", "public-key", "demo"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With each of its flags."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "--" in capsys.readouterr().out


def test_a_simulator_that_does_not_run_cannot_be_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Said in one line."""
    assert main(["simulate-control", "--root", str(tmp_path), "counters"]) == 2
    assert "was asked 'counters'" in capsys.readouterr().err


def test_no_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """And says which there are."""
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "command" in capsys.readouterr().err
