"""The demo runs to its end, leaves nothing behind, and says what it left out."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rds_csi_async.app import demo
from rds_csi_async.app.demo import run_demo
from tests.host.loop_devices import list_loops


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


def _end_at(line: str, number: signal.Signals, folder: Path) -> tuple[int, str]:
    """Start a demo that stays, signal it when it prints the line; give its exit status and all that it printed."""
    command = [sys.executable, "-u", "-m", "rds_csi_async.app.cli", "demo", "--keep", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - it is ourselves
        assert process.stdout is not None
        shown = ""
        for each in process.stdout:
            shown += each
            if line in each:
                process.send_signal(number)
    return process.returncode, shown


@pytest.mark.root
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_kept_says_how_to_talk_to_it_and_ends_well(number: signal.Signals, tmp_path: Path) -> None:
    """The appliance by ssh, the driver by its socket, its metrics, its log."""
    status, shown = _end_at("Everything is left running", number, tmp_path)
    kept = shown.partition("Everything is left running")[2]
    assert status == 0
    assert f"ssh -i {tmp_path}/appliance/client_key -p " in kept
    assert f"unix://{tmp_path}/csi.sock" in kept
    assert "/metrics\n" in kept
    assert f"{tmp_path}/driver.log" in kept


@pytest.mark.root
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_in_the_middle_it_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    """No mount, no device; and it does not claim to have shown everything."""
    status, shown = _end_at("NodePublishVolume", number, tmp_path)
    assert status == 130
    assert "Every step was verified" not in shown
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    attached = [file for _, file in list_loops()]
    assert not [file for file in attached if file.startswith(str(tmp_path))]
