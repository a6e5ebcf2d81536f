"""The demo runs to its end, leaves nothing behind, and says what it left out."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rds_csi_async.app import demo
from rds_csi_async.app.demo import run_demo


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.root
def test_as_root_the_whole_life_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Formatted, written, read back and grown, on a real device."""
    assert run_demo(tmp_path, tmp_path / "demo.svg", keep=False) == 0
    shown = capsys.readouterr().out
    assert "as written" in shown
    assert "Every step was verified." in shown
    assert "\x1b" not in shown
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    assert (tmp_path / "demo.svg").read_text().startswith("<svg")


def test_without_root_it_says_what_it_left_out(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The controller's part is whole, and no more is claimed."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert run_demo(tmp_path, None, keep=False) == 0
    shown = capsys.readouterr().out
    assert "DeleteVolume" in shown
    assert "NodeStageVolume" not in shown
    assert "this is not root" in shown


def test_a_step_that_is_not_as_it_should_be_ends_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 1, with the place of the log."""
    monkeypatch.setattr(demo, "_find_missing", lambda: "this is a test")
    stray = tmp_path / "appliance" / "pools" / "pool1" / "stray.img"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    assert run_demo(tmp_path, None, keep=False) == 1
    shown = capsys.readouterr().out
    assert "the pool holds images of" in shown
    assert "driver.log" in shown
