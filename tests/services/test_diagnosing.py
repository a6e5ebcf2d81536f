"""The list is gone through whatever happens, and nothing is left behind."""

import asyncio

import pytest

from rds_csi_async.domain.assumptions import ASSUMPTIONS, FILL_POOL, FROM_NODE, chosen
from rds_csi_async.domain.errors import CutOffError, UnreachableError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.verdicts import Observation, Verdict
from rds_csi_async.services.attaching import Attaching
from rds_csi_async.services.diagnosing import Diagnosing
from tests.fakes.bench import FakeAudience, FakeBench
from tests.fakes.connections import FakeConnections

pytestmark = pytest.mark.looptime
LOST = UnreachableError("the connection was lost")


def _diagnosing(bench: FakeBench, *asked: str) -> Diagnosing:
    return Diagnosing(bench, FakeAudience(), None, frozenset(asked))


def _by_key(diagnosing: Diagnosing) -> dict[str, tuple[Verdict, str]]:
    return {one.assumption.key: (one.verdict, one.seen) for one in diagnosing.findings}


async def test_a_look_changes_nothing() -> None:
    """Nothing that needs a scratch disk is tried, and nothing has to be taken away."""
    bench = FakeBench()
    diagnosing = _diagnosing(bench)
    await diagnosing.look()
    assert [one.assumption for one in diagnosing.findings] == list(chosen(probing=False))
    assert set(bench.performed) == {each.key for each in chosen(probing=False)} - {"node"}
    assert bench.cleared == 0


async def test_a_probe_goes_through_all_of_it_and_cleans_up() -> None:
    """In the order of the list, leaving out what nobody asked for."""
    bench, audience = FakeBench(), FakeAudience()
    diagnosing = Diagnosing(bench, audience, None, frozenset())
    await diagnosing.probe()
    assert audience.begun == [each.key for each in ASSUMPTIONS]
    assert audience.ended == diagnosing.findings
    assert bench.performed == [each.key for each in ASSUMPTIONS if not each.only_with]
    assert _by_key(diagnosing)["full-pool"] == (Verdict.NOT_TRIED, f"only with {FILL_POOL}")
    assert (bench.cleared, diagnosing.left) == (1, "")


async def test_what_is_asked_for_is_tried() -> None:
    """By the appliance, or by the node."""
    bench = FakeBench(answers={"connect": None})
    connections = FakeConnections(bench.node)
    node = Attaching(bench, connections, Host("nqn.host", "id"))
    diagnosing = Diagnosing(bench, FakeAudience(), node, frozenset({FILL_POOL, FROM_NODE}))
    await diagnosing.probe()
    assert "full-pool" in bench.performed
    assert _by_key(diagnosing)["connect"][0] is Verdict.HELD
    assert _by_key(diagnosing)["node"] == (Verdict.HELD, "it has")
    assert bench.node.attached == {}


async def test_without_a_connection_nothing_else_is_tried() -> None:
    """One reason is said once, and the rest is not held against the appliance."""
    bench = FakeBench(answers={"connection": Observation(held=False, seen="another host key")})
    diagnosing = _diagnosing(bench)
    await diagnosing.probe()
    assert bench.performed == ["connection"]
    assert _by_key(diagnosing)["connection"] == (Verdict.DID_NOT_HOLD, "another host key")
    assert _by_key(diagnosing)["version"] == (Verdict.NOT_TRIED, "there is no connection")


@pytest.mark.parametrize("obstacle", ["somebody holds safe mode", UnreachableError("somebody holds safe mode")])
async def test_an_obstacle_keeps_it_from_changing_anything(obstacle: str | UnreachableError) -> None:
    """What only looks is looked at."""
    bench = FakeBench(obstacle=obstacle)
    diagnosing = _diagnosing(bench)
    await diagnosing.probe()
    assert set(bench.performed) == {each.key for each in chosen(probing=False)} - {"node"}
    assert _by_key(diagnosing)["add"] == (Verdict.NOT_TRIED, "somebody holds safe mode")


async def test_a_trial_that_breaks_off_is_not_held_against_anyone() -> None:
    """It is said why, and the next one is tried."""
    bench = FakeBench(answers={"add": LOST, "row": None})
    diagnosing = _diagnosing(bench)
    await diagnosing.probe()
    found = _by_key(diagnosing)
    assert found["add"] == (Verdict.NOT_TRIED, "the connection was lost")
    assert found["row"][0] is Verdict.NOT_TRIED
    assert found["size"][0] is Verdict.HELD


async def test_cleaning_up_is_tried_again() -> None:
    """A link that was lost comes back; a file goes later."""
    bench = FakeBench(left=[LOST, 2, CutOffError("lost again"), 0])
    diagnosing = _diagnosing(bench)
    await diagnosing.probe()
    assert (bench.cleared, diagnosing.left) == (4, "")


@pytest.mark.parametrize(
    ("left", "said"), [(LOST, "the connection was lost"), (2, "the appliance still lists 2 of them")]
)
async def test_what_cannot_be_taken_away_is_said(left: int | UnreachableError, said: str) -> None:
    """After a while, with the reason."""
    bench = FakeBench(left=[left] * 1000)
    diagnosing = _diagnosing(bench)
    await diagnosing.probe()
    assert diagnosing.left == said
    assert 0 < bench.cleared < 1000


class HangingBench(FakeBench):
    """Hangs in the middle."""

    async def perform(self, key: str) -> Observation | None:
        """See `Bench`."""
        if key == "add":
            await asyncio.Event().wait()
        return await super().perform(key)


async def test_being_cancelled_is_no_excuse() -> None:
    """What was found is kept, and everything is taken away."""
    bench = HangingBench()
    diagnosing = _diagnosing(bench)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await diagnosing.probe()
    assert (bench.cleared, diagnosing.left) == (1, "")
    assert diagnosing.findings[-1].assumption.key == "room"


async def test_being_cancelled_twice_leaves_word() -> None:
    """Whoever does not even wait for that is told."""
    bench = HangingBench(left=[LOST] * 1000)
    diagnosing = _diagnosing(bench)

    async def twice() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await diagnosing.probe()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await twice()
    assert diagnosing.left
