"""Each trial of a node holds on a good appliance, and does not on one that is otherwise; nothing stays attached."""

import pytest

from rds_csi_async.domain.assumptions import NODE
from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.services.attaching import STRANGER, Attaching
from tests.fakes.bench import FakeBench
from tests.fakes.connections import FakeConnections

pytestmark = pytest.mark.looptime
HOST = Host(
    "nqn.2014-08.org.nvmexpress:uuid:6f0e3b1c-2c1f-8d7e-9c51-3a0e6b7f1d11", "6f0e3b1c-2c1f-8d7e-9c51-3a0e6b7f1d11"
)


async def _try_all(bench: FakeBench) -> dict[str, bool | None]:
    """Go through the list, as `Diagnosing` does; a trial that cannot be made is None."""
    attaching = Attaching(bench, FakeConnections(bench.node), HOST)
    held: dict[str, bool | None] = {}
    for assumption in NODE:
        try:
            seen = await attaching.perform(assumption.key)
        except NotReadyError:
            held[assumption.key] = None
        else:
            assert seen is not None
            assert seen.seen
            held[assumption.key] = seen.held
    await attaching.clear()
    assert bench.node.attached == {}
    return held


async def test_a_good_appliance_holds() -> None:
    """All of it, and that growth is not told is no surprise."""
    held = await _try_all(FakeBench())
    assert held == {**dict.fromkeys(held, True), "growth-event": False}
    assert list(held) == [each.key for each in NODE]


async def test_growth_may_come_by_itself() -> None:
    """Then it is said."""
    assert (await _try_all(FakeBench(tells_growth=True)))["growth-event"] is True


async def test_sessions_that_outlive_their_export_are_found_out() -> None:
    """The most dangerous of all: a node that was cut off goes on writing."""
    held = await _try_all(FakeBench(keeps_sessions=True))
    assert [key for key, value in held.items() if not value] == ["growth-event", "close-cuts"]


async def test_a_name_that_comes_back_is_found_out() -> None:
    """An old name must not find the disk."""
    held = await _try_all(FakeBench(keeps_names=True))
    assert [key for key, value in held.items() if not value] == ["growth-event", "old-name"]


async def test_a_host_that_is_let_in_though_another_is_named_is_found_out() -> None:
    """The appliance may take the name and not heed it."""
    assert (await _try_all(FakeBench(ignores_hosts=True)))["allow-host-refuses"] is False


async def test_a_disk_that_cannot_be_removed_is_found_out() -> None:
    """And what is attached of it is let go."""
    assert (await _try_all(FakeBench(removable=False)))["remove-connected"] is False


async def test_growth_that_a_rescan_does_not_show_is_found_out() -> None:
    """The size stays."""
    assert (await _try_all(FakeBench(grows=False)))["growth-seen"] is False


async def test_a_node_without_nvme_says_what_it_lacks() -> None:
    """And what stands on a connection cannot be tried."""
    bench = FakeBench()
    bench.node.unready = "this node has no NVMe over TCP (modprobe nvme-tcp)"
    held = await _try_all(bench)
    assert (held["node"], held["connect"], held["close-cuts"]) == (False, None, None)


async def test_a_target_that_does_not_answer_is_said_so() -> None:
    """And a refusal by it is none by name."""
    bench = FakeBench()
    bench.node.reachable = False
    held = await _try_all(bench)
    assert held == {**dict.fromkeys(held), "node": True, "connect": False, "growth-event": None}


async def test_other_assumptions_are_none_of_a_nodes() -> None:
    """Somebody else tries them."""
    bench = FakeBench()
    assert await Attaching(bench, FakeConnections(bench.node), HOST).perform("version") is None
    assert HOST.nqn != STRANGER
