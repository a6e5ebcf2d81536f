"""The doctor's verdict is its exit status, its transcripts are cases, and however it ends nothing is left."""

import asyncio
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.app.config import Settings, SettingsError
from rds_csi_async.app.doctor import INTERRUPTED, DoctorOptions, run_doctor
from rds_csi_async.app.doctor_screen import DoctorScreen
from rds_csi_async.domain.verdicts import Assumption, Finding, Verdict
from rds_csi_async.routeros.syntax import parse_frame
from rds_csi_async.services.operations import Supervisor
from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.faults import LineFault
from tests.transcripts import read_transcript


@dataclass
class FakeScreen(DoctorScreen):
    """Keeps what it is told; `at` is called when an assumption is begun."""

    said: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    at: dict[str, Any] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """See `DoctorScreen`."""
        self.said.append(text)

    def say_line(self, line: str) -> None:
        """See `DoctorScreen`."""
        self.lines.append(line)

    def begin(self, assumption: Assumption) -> None:
        """See `Audience`."""
        if assumption.key in self.at:
            self.at[assumption.key]()

    def end(self, finding: Finding) -> None:
        """See `Audience`."""

    def stop(self) -> None:
        """See `DoctorScreen`."""

    def show(self, findings: Any) -> None:
        """See `DoctorScreen`."""
        self.found = list(findings)


def _options(tmp_path: Path, **more: Any) -> DoctorOptions:
    return DoctorOptions(probe=True, transcripts=tmp_path / "transcripts", **more)


async def _left(simulator: Simulator) -> str:
    counts = '([:len [/disk/find where type=file]] + [:len [/file/find where type!="disk"]])'
    return (await simulator.run(f":put {counts}")).strip()


async def test_a_good_appliance_is_0_and_is_left_as_it_was(
    simulator: Simulator, settings: Settings, tmp_path: Path
) -> None:
    """It is said before what will be done, and where the transcripts are."""
    screen = FakeScreen()
    assert await run_doctor(settings, _options(tmp_path), screen) == 0
    assert screen.said[0].startswith("trying out mock, pool pool1: adds, opens, grows, removes disks")
    assert not any(one.verdict is Verdict.DID_NOT_HOLD for one in screen.found)
    assert await _left(simulator) == "0"


async def test_its_transcripts_are_cases(settings: Settings, tmp_path: Path) -> None:
    """Each is read by the loader of all cases, and its frame by the parser; nothing in it tells whose it is."""
    await run_doctor(settings, _options(tmp_path), FakeScreen())
    folder = tmp_path / "transcripts"
    names = await asyncio.to_thread(lambda: sorted(path.stem for path in folder.iterdir()))
    cases = {name: await asyncio.to_thread(read_transcript, name, folder) for name in names}
    assert len(cases) > 100
    for name, case in cases.items():
        assert case.header["version"] == "7.23.3"
        assert case.header["source"] == "captured by rds-csi doctor --probe"
        assert all(case.header[key] for key in ("command", "assumption", "line")), name
        if case.header["line"].startswith(":onerror"):
            parse_frame(case.reply, "TOKEN")
    text = "".join(f"{case.header}{case.reply}" for case in cases.values())
    private = [settings.appliances["mock"]["pools"]["pool1"]["fs_uuid"], settings.appliances["mock"]["host_keys"][0]]
    assert not any(secret in text for secret in [*private, "127.0.0.1"])


async def test_what_is_to_be_seen_can_be_seen_without_a_probe(
    simulator: Simulator, settings: Settings, tmp_path: Path
) -> None:
    """And nothing is changed for it, nor written."""
    screen = FakeScreen()
    options = DoctorOptions(transcripts=tmp_path / "transcripts")
    assert await run_doctor(settings, options, screen) == 0
    assert not {"/disk/add", "/disk/set", "/disk/remove"} & {
        verb for verb in simulator.counters.verbs if "disk" in verb
    }
    assert not await asyncio.to_thread((tmp_path / "transcripts").exists)
    assert "nothing is changed" in screen.said[0]


async def test_something_that_is_needed_and_not_so_is_1(
    simulator: Simulator, settings: Settings, tmp_path: Path
) -> None:
    """Here: nobody gets in."""
    simulator.faults.refused_logins = 1000
    screen = FakeScreen()
    assert await run_doctor(settings, _options(tmp_path), screen) == 1
    assert screen.found[0].speaks_against


async def test_a_link_that_breaks_is_1_and_nothing_is_left(
    simulator: Simulator, settings: Settings, tmp_path: Path
) -> None:
    """It comes back, and what was made goes; what could not be tried is not believed."""
    simulator.faults.plan(LineFault.DROP_AFTER, "/disk/add")
    screen = FakeScreen()
    assert await run_doctor(settings, _options(tmp_path), screen) == 1
    assert screen.lines == []
    assert await _left(simulator) == "0"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_and_nothing_is_left(
    simulator: Simulator, settings: Settings, tmp_path: Path, number: int
) -> None:
    """In the middle, with a disk open; what was found until then is shown."""
    screen = FakeScreen(at={"new-name": lambda: os.kill(os.getpid(), number)})
    assert await run_doctor(settings, _options(tmp_path), screen) == INTERRUPTED
    assert screen.found[-1].assumption.key in {"export-off", "new-name"}
    assert await _left(simulator) == "0"
    assert screen.lines == []


async def test_a_second_signal_leaves_word_what_to_type(
    simulator: Simulator, settings: Settings, tmp_path: Path
) -> None:
    """The line that it leaves takes away what it left."""
    screen = FakeScreen()
    simulator.faults.plan(LineFault.HANG, "on-error", times=1000)
    screen.at["new-name"] = lambda: os.kill(os.getpid(), signal.SIGTERM)
    supervisor = Supervisor()
    running = supervisor.start("doctor", run_doctor(settings, _options(tmp_path), screen))
    while simulator.counters.held == 0:  # noqa: ASYNC110 - it is another's state
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == INTERRUPTED
    assert await _left(simulator) != "0"
    simulator.faults.clear()
    (line,) = screen.lines
    await simulator.run(line)
    assert await _left(simulator) == "0"


async def test_options_that_cannot_be_followed_are_refused(settings: Settings, tmp_path: Path) -> None:
    """Before anything is sent."""
    for options in (DoctorOptions(appliance="nobody"), DoctorOptions(pool="nobody")):
        with pytest.raises(SettingsError, match="takes one of"):
            await run_doctor(settings, options, FakeScreen())
    file = tmp_path / "file"
    await asyncio.to_thread(file.touch)
    with pytest.raises(SettingsError, match="cannot be written"):
        await run_doctor(settings, DoctorOptions(probe=True, transcripts=file / "x"), FakeScreen())


@pytest.fixture
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder that is gone."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


@pytest.mark.usefixtures("_nowhere")
async def test_without_a_place_for_transcripts_it_goes_on(settings: Settings) -> None:
    """When nobody said where: a container's folder may be read-only."""
    screen = FakeScreen()
    assert await run_doctor(settings, DoctorOptions(probe=True), screen) == 0
    assert screen.said[0].startswith("transcripts cannot be written")


async def test_a_machine_that_is_no_node_says_what_it_lacks(settings: Settings, tmp_path: Path) -> None:
    """It is needed as soon as somebody asks."""
    screen = FakeScreen()
    nowhere = Settings(**{name: getattr(settings, name) for name in ("mode", "cluster_id", "appliances")},
                       program_path=str(tmp_path))  # fmt: skip
    assert await run_doctor(nowhere, DoctorOptions(from_node=True), screen) == 1
    (node,) = [one for one in screen.found if one.assumption.key == "node"]
    assert node.verdict is Verdict.DID_NOT_HOLD
    assert "lacks nvme" in node.seen
