"""On the bench, a good appliance holds, and one with a quirk is found out; afterwards it is as it was before."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from rds_csi_async.domain.assumptions import ASSUMPTIONS, FILL_POOL
from rds_csi_async.domain.errors import InvalidRequestError, NotReadyError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.verdicts import Observation, Verdict
from rds_csi_async.routeros.bench import Choice, RouterOsBench
from rds_csi_async.routeros.recording import Recorder
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.session import open_session
from rds_csi_async.routeros.settings import Limits
from rds_csi_async.services.diagnosing import Diagnosing
from rds_csi_async.simulator.faults import LineFault
from rds_csi_async.simulator.quirk_list import QUIRKS, make_quirk
from tests.fakes.appliances import POOL, Appliance, connected
from tests.fakes.bench import FakeAudience
from tests.routeros.trials import MARK

# What else is seen otherwise, because it stands on the same thing.
BESIDES: dict[str, set[str]] = {
    "quoting": {"comment-bytes"},
    "long-line": {"comment-match"},
    "second-connection": {"max-sessions"},
    "room": {"add"},
    "size": {"get-by-id", "grow", "grow-exported"},
    "slot-length": {"slot-over"},
    "comment-length": {"comment-bytes", "comment-match"},
    "id-kept": {"comment-erased", "allow-host"},
    "grow": {"grow-exported"},
    "export-on": {"new-name"},
    "frame": {"package", "pools", "compared", "safe-mode", "max-sessions", "error-words", "stops",
              "quoting", "numbers-as-text",
              "absent", "slices", "long-row", "long-reply", "traffic", "sensors"},
}  # fmt: skip
HOST = Host(
    "nqn.2014-08.org.nvmexpress:uuid:6f0e3b1c-2c1f-8d7e-9c51-3a0e6b7f1d11", "6f0e3b1c-2c1f-8d7e-9c51-3a0e6b7f1d11"
)
LIMITS = Limits(command_timeout_s=20, shortest_pause_s=0.01, longest_pause_s=0.02)


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


def _bench(appliance: Appliance, **choice: str) -> "Hurried":
    chosen = Choice("192.0.2.20", **{"mark": MARK, **choice})
    return Hurried(appliance.settings, chosen, Recorder(appliance.console, _no_pause), open_session)


@pytest.fixture(params=["btrfs", "ext4"])
async def appliance(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Appliance]:
    """Start one of each layout."""
    async with connected(tmp_path, str(request.param)) as appliance:
        yield appliance


class Hurried(RouterOsBench):
    """Leaves out what takes long."""

    left_out: AbstractSet[str] = frozenset()

    async def perform(self, key: str) -> Observation | None:
        """See `Bench`."""
        return Observation(None, "it takes long") if key in self.left_out else await super().perform(key)


async def _probe(appliance: Appliance, leave_out: AbstractSet[str] = frozenset()) -> Diagnosing:
    bench = _bench(appliance)
    bench.left_out = leave_out
    diagnosing = Diagnosing(bench, FakeAudience(), None, frozenset({FILL_POOL}))
    await diagnosing.probe()
    return diagnosing


def _keys(diagnosing: Diagnosing, verdict: Verdict) -> set[str]:
    return {one.assumption.key for one in diagnosing.findings if one.verdict is verdict}


async def _left(appliance: Appliance) -> list[str]:
    counts = [f"/disk/find where slot~{'prob'!r}", "/file/find"]
    lines = [f":put [:len [{count}]]".replace("'", '"') for count in counts]
    return [(await appliance.type(line)).strip() for line in lines]


async def test_a_good_appliance_holds_and_is_as_it_was(appliance: Appliance) -> None:
    """All but what needs a node, or a reboot; a volume that is there is not touched, nor are other people's disks."""
    await appliance.type('/disk/add type=file file-path="/pool1/theirs.img" file-size=16M slot=theirs comment=kept')
    before = await appliance.type("/disk/print detail"), await _left(appliance)
    diagnosing = await _probe(appliance)
    assert _keys(diagnosing, Verdict.DID_NOT_HOLD) == set()
    untried = {each.key for each in ASSUMPTIONS if each.only_with not in {"", FILL_POOL}}
    assert _keys(diagnosing, Verdict.NOT_TRIED) == untried
    assert diagnosing.left == ""
    assert (await appliance.type("/disk/print detail"), await _left(appliance)) == before


@pytest.mark.parametrize("quirk", QUIRKS)
async def test_each_assumption_broken_in_turn_is_found_out(tmp_path: Path, quirk: str) -> None:
    """It, and what stands on the same thing, and nothing else; and everything is taken away all the same."""
    limits = Limits(command_timeout_s=1.4, shortest_pause_s=0.01, longest_pause_s=0.02) if quirk == "times" else LIMITS
    async with connected(tmp_path, "btrfs", limits=limits, quirk=make_quirk(quirk)) as appliance:
        diagnosing = await _probe(appliance, {"channels", "times"} - {quirk})
    assert _keys(diagnosing, Verdict.DID_NOT_HOLD) == {quirk, *BESIDES.get(quirk, ())}
    assert diagnosing.left == ""


def test_every_assumption_about_the_appliance_alone_has_a_quirk() -> None:
    """Save the connection itself, which is broken below, and what only a node or a reboot tells."""
    broken = {each.key for each in ASSUMPTIONS if each.only_with in {"", FILL_POOL}}
    assert broken - {"connection"} == set(QUIRKS)


async def test_no_connection_is_found_out(tmp_path: Path) -> None:
    """With the reason, and nothing else is tried."""
    async with connected(tmp_path) as appliance:
        appliance.simulator.faults.refused_logins = 1000
        diagnosing = await _probe(appliance)
    assert _keys(diagnosing, Verdict.DID_NOT_HOLD) == {"connection"}
    assert "does not let user" in diagnosing.findings[0].seen


@pytest.mark.parametrize("fault", [LineFault.DROP_BEFORE, LineFault.DROP_AFTER, LineFault.HALF_REPLY])
async def test_a_line_that_breaks_off_leaves_nothing(appliance: Appliance, fault: LineFault) -> None:
    """Whichever it is: the link comes back, and everything goes."""
    for word in ("/disk/add", "/disk/set", "/disk/remove", "subvolume", "/file"):
        appliance.simulator.faults.plan(fault, word)
    diagnosing = await _probe(appliance)
    assert diagnosing.left == ""
    assert (await _left(appliance))[0] == "0"


async def test_what_goes_on_after_nobody_waits_is_cleaned_up_too(appliance: Appliance) -> None:
    """A change that was cut off is waited for: there is more than one look."""
    bench = _bench(appliance)
    assert await bench.find_obstacle() is None
    await bench.perform("room")
    appliance.simulator.faults.plan(LineFault.HALF_REPLY, "/disk/add")
    seen = await bench.perform("add")
    assert seen is not None
    assert not seen.held
    before = appliance.simulator.counters.commands
    assert await bench.clear() == 0
    assert appliance.simulator.counters.commands == before + 2


async def test_a_link_that_breaks_over_a_long_line_is_an_answer(appliance: Appliance) -> None:
    """What shorter ones did is not forgotten; a line that is to be run whole has to be."""
    appliance.simulator.faults.plan(LineFault.DROP_BEFORE, "a{20000}", times=2)  # a read is sent again
    seen = await _bench(appliance).perform("long-line")
    assert seen is not None
    assert seen.held
    assert "the longest that ran had 16000 characters; of 32000:" in seen.seen
    appliance.simulator.faults.plan(LineFault.CUT_REPLY, "1;2;3;4")
    seen = await _bench(appliance).perform("long-reply")
    assert seen is not None
    assert seen.held is False


@pytest.mark.parametrize("mark", ["", "abc", "012345678X", "0123456789a", '0123"];:put'])
async def test_marks_are_strict(appliance: Appliance, mark: str) -> None:
    """What is taken away is found by the mark."""
    with pytest.raises(InvalidRequestError):
        _bench(appliance, mark=mark)


async def test_it_does_not_begin_where_something_stands_in_the_way(appliance: Appliance) -> None:
    """A name that is taken, safe mode, no pool of that name, a full pool."""
    assert await _bench(appliance, pool="nobody").find_obstacle() == "no pool 'nobody' is configured"
    await appliance.type(f'/disk/add type=file file-path="/pool1/x.img" file-size=16M slot="rdsprobe-{MARK}-x"')
    bench = _bench(appliance)
    assert "is there already" in str(await bench.find_obstacle())
    assert await bench.clear() == 0
    assert (await _left(appliance))[0] == "1"
    with pytest.raises(NotReadyError):
        await bench.perform("room")
    await appliance.type(f'/disk/remove [/disk/find where slot="rdsprobe-{MARK}-x"]')
    appliance.simulator.faults.safe_mode_held = True
    assert "safe mode" in str(await _bench(appliance).find_obstacle())
    appliance.simulator.faults.safe_mode_held = False
    appliance.simulator.pools.by_name[POOL].used_bytes = appliance.simulator.pools.by_name[POOL].settings.size_bytes
    assert "are free" in str(await _bench(appliance).find_obstacle())
    appliance.simulator.pools.by_name[POOL].mounted = False
    assert "not mounted" in str(await _bench(appliance).find_obstacle())


async def test_a_disk_for_a_node_is_opened_grown_closed_and_removed(appliance: Appliance) -> None:
    """As a volume would be."""
    bench = _bench(appliance)
    assert await bench.find_obstacle() is None
    first = await bench.open(1, HOST)
    assert (first.address, first.port, first.host, first.size_bytes) == ("192.0.2.20", 4420, HOST, 17 * MIB)
    exported = appliance.simulator.settings.root / "exports"
    assert [path.name for path in await asyncio.to_thread(lambda: list(exported.iterdir()))] == [f"{first.nqn}.json"]
    assert await bench.grow() == 33 * MIB
    await bench.close()
    second = await bench.open(2, HOST, "nqn.another")
    assert second.nqn != first.nqn
    assert second.size_bytes == 33 * MIB
    await bench.remove()
    with pytest.raises(ApplianceError, match="xgone"):
        await bench.remove()
    assert await bench.clear() == 0
    assert (await _left(appliance))[0] == "0"


async def test_the_line_for_a_person_does_what_clearing_does(appliance: Appliance) -> None:
    """One line to type, and all is gone."""
    bench = _bench(appliance)
    await bench.find_obstacle()
    await bench.open(1, HOST)
    assert (await _left(appliance))[0] == "1"
    assert await appliance.type(bench.clearing_line()) == ""
    assert await bench.clear() == 0
    assert (await _left(appliance))[0] == "0"
