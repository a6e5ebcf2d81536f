"""What is shown is what the processes served; what nobody told is unknown."""

from rds_csi_async.app.top_facts import (
    CallFacts,
    Look,
    NodeFacts,
    PendingFacts,
    Picture,
    ProcessFacts,
    draw,
)
from rds_csi_async.observability.metrics import Metrics
from tests.app.seen import CREATE, STAGE, controller, read


def see(*metrics: Metrics, now_s: float = 1000.0) -> Picture:
    """Draw processes that are up."""
    return draw([Look(f"at-{number}", read(each)) for number, each in enumerate(metrics)], now_s)


def test_a_process_that_is_down_is_there_with_the_reason() -> None:
    """And the others are shown all the same."""
    picture = draw([Look("a", reason="refused"), Look("b", read(controller())), Look("c")], 0.0)
    assert [(each.address, each.is_up) for each in picture.processes] == [("a", False), ("b", True), ("c", False)]
    assert [each.reason for each in picture.processes] == ["refused", "", "it does not answer"]
    assert not picture.is_whole
    assert len(picture.appliances) == 1
    assert see(controller()).is_whole


def test_a_process_says_what_it_is() -> None:
    """By the appliances that it knows, and the scans that it makes; and how late its loop mostly is at most."""
    everything = controller()
    everything.record_scan(0.1)
    for lag_s in (0.002,) * 9 + (3.0,):
        everything.record_loop_lag(lag_s)
    everything.record_children(2, 1)
    both, plain, node = see(everything, controller(), Metrics("1.3")).processes
    assert both == ProcessFacts("at-0", "", "1.2", ("controller", "node"), 0, 0.0025, 1)
    assert (plain.roles, plain.lag_s, plain.hanging) == (("controller",), None, 0)
    assert (node.roles, node.version) == (("node",), "1.3")


def test_a_pool_is_shown_once_however_many_ask() -> None:
    """In order of appliance and name."""
    pools = see(controller(), controller()).pools
    assert [(each.appliance, each.name) for each in pools] == [("rds", "pool1"), ("rds", "pool2")]
    assert len(see(controller(), controller()).appliances) == 2


def test_what_waits_longest_comes_first() -> None:
    """Only what waits at all, with the process that it waits in."""
    times = iter([0.0, 5.0, 5.0, *[9.0] * 99])
    metrics = Metrics(clock=lambda: next(times))
    metrics.record_operation_begun("delete", "a")
    metrics.record_operation_begun("create", "b")
    metrics.record_operation_begun("create", "c")
    picture = see(metrics)
    assert picture.pending == (PendingFacts("at-0", "delete", 1, 9), PendingFacts("at-0", "create", 2, 4))
    assert picture.processes[0].pending == 3


def test_the_slowest_calls_come_first_of_all_processes_together() -> None:
    """With what was answered other than OK; a method that nobody called is left out."""
    first, second = (Metrics(grpc_methods=[CREATE, STAGE, "/csi.v1.Node/Unused"]) for _ in range(2))
    first.record_grpc(CREATE, "OK", 0.2)
    first.record_grpc(STAGE, "UNAVAILABLE", 20)
    second.record_grpc(STAGE, "OK", 20)
    second.record_grpc(STAGE, "UNAVAILABLE", 20)
    assert see(first, second).calls == (
        CallFacts("NodeStageVolume", 3, 30, {"UNAVAILABLE": 2}),
        CallFacts("CreateVolume", 1, 0.25, {}),
    )


def test_calls_and_commands_are_those_of_late() -> None:
    """What was slow an hour ago is no news; what is a state is shown as it is."""
    metrics = controller()
    metrics.record_grpc(CREATE, "OK", 50)
    before = read(metrics)
    metrics.record_grpc(CREATE, "ABORTED", 0.2)
    now = read(metrics)
    picture = draw([Look("a", now, now.since(before))], 0.0)
    assert picture.calls == (CallFacts("CreateVolume", 1, 0.25, {"ABORTED": 1}),)
    assert (picture.appliances[0].commands, picture.appliances[0].command_within_s) == (0, None)
    assert picture.appliances[0].is_up


def test_a_node_tells_its_connections_and_what_became_of_its_mounts() -> None:
    """And when it looked last; one that never did has an unknown there."""
    metrics = Metrics(now=lambda: 970.0)
    metrics.record_nvme_connections(3)
    metrics.record_nvme_connect(OSError(), 1)
    for _ in range(4):
        metrics.record_stale_mount_detected()
    metrics.record_stale_recovery(None)
    metrics.record_stale_recovery(OSError())
    metrics.record_stale_recovery(OSError())
    metrics.record_orphan_cleaned()
    unknown = NodeFacts("at-0", 3, 1, 4, 1, 2, 1, None)
    assert see(metrics).nodes == (unknown,)
    metrics.record_scan(0.1)
    assert see(metrics).nodes[0].scanned_ago_s == 30
    assert see(controller()).nodes == ()
