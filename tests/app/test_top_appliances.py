"""Appliances and pools are what controllers tell of them."""

from rds_csi_async.app.top_appliances import PoolFacts, list_appliances, list_pools
from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.observability.metrics import Metrics
from tests.app.seen import controller, read

MOUNTED, GONE = True, False


def test_an_appliance_is_told_of_by_each_who_asks_it() -> None:
    """Connection, commands, volumes, arrays, and how old what it told is."""
    metrics = controller()
    metrics.appliances.record_command("rds", "find_volume", NotReadyError(), 7.0)
    (facts,) = list_appliances("at-0", read(metrics), read(metrics))
    assert (facts.address, facts.key, facts.host, facts.is_up) == ("at-0", "rds", "192.0.2.1:22", True)
    assert (facts.reconnects_failed, facts.commands, facts.commands_failed) == (1, 2, 1)
    assert (facts.command_within_s, facts.inventory_age_s) == (10, 10)
    assert facts.volumes == {"closed": 2, "published": 1}
    assert facts.troubled_arrays == ("raid5: not clean, 1 failed",)


def test_an_appliance_that_tells_nothing_has_unknowns() -> None:
    """Down, without pools, of an age that nobody knows."""
    metrics = Metrics()
    metrics.appliances.record_connection("rds", "192.0.2.1:22", up=False)
    samples = read(metrics)
    (facts,) = list_appliances("at-0", samples, samples)
    assert (facts.is_up, facts.command_within_s, facts.inventory_age_s, facts.volumes) == (False, None, None, None)
    assert list(list_pools(samples)) == []


def test_a_pool_that_is_configured_is_shown() -> None:
    """One that is not mounted has no size."""
    pools = sorted(list_pools(read(controller())), key=lambda each: each.name)
    assert pools == [
        PoolFacts("rds", "pool1", MOUNTED, 1000, 400, 300),
        PoolFacts("rds", "pool2", GONE, None, None, None),
    ]
