"""Every change of a disk is shown at once, with whose hand it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.values import Value
from rds_csi_async.simulator.watching import by_hand, is_by_hand
from tests.fakes.appliances import connected
from tests.simulator.conftest import POOLS

ADD = "/disk/add type=file file-path=pool1/a.img file-size=1M slot=a"


@dataclass
class Seen:
    """Who had which slots, each time that something was shown."""

    shown: list[tuple[list[str], bool]] = field(default_factory=list)

    def note(self, disks: Mapping[int, Mapping[str, Value]]) -> None:
        """See `Watch`."""
        self.shown.append(([str(disk["slot"]) for disk in disks.values()], is_by_hand()))


async def test_each_change_is_shown_once_and_by_hand(tmp_path: Path) -> None:
    """What an administrator types, and what a backup brings back."""
    seen = Seen()
    async with Simulator(SimulatorSettings(tmp_path, POOLS)) as box:
        await box.back_up("empty")
        box.watch = seen.note
        for line in (ADD, "/disk/set [find slot=a] comment=x", "/disk/print", "/disk/remove [find slot=a]", ADD):
            await box.run(line)
        await box.restore("empty")
    assert seen.shown == [(["a"], True), (["a"], True), ([], True), (["a"], True), ([], True), ([], False)]


async def test_what_a_client_changes_is_not_by_hand(tmp_path: Path) -> None:
    """Nor what it changes after a foreign line came in the middle of its own."""
    seen = Seen()
    async with connected(tmp_path) as appliance:
        appliance.simulator.watch = seen.note
        appliance.simulator.faults.intrude(ADD.replace("a.img", "b.img").replace("slot=a", "slot=b"), "/disk/add")
        await appliance.type(ADD)
    assert seen.shown == [(["b"], True), (["b", "a"], False)]


async def test_undoing_safe_mode_is_by_hand(tmp_path: Path) -> None:
    """It takes away what was made since."""
    seen = Seen()
    async with Simulator(SimulatorSettings(tmp_path, POOLS)) as box:
        await box.take_safe_mode()
        await box.run(ADD)
        box.watch = seen.note
        await box.end_safe_mode(undo=True)
    assert seen.shown == [([], True)]


def test_a_hand_is_taken_away_again() -> None:
    """Also when it is one within another, or fails."""
    with by_hand():
        with by_hand():
            assert is_by_hand()
        assert is_by_hand()
    assert not is_by_hand()
