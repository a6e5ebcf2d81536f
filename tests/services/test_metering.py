"""Whatever the node does to devices and mounts is counted, as it ended."""

import pytest

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.errors import HostError, UnreachableError
from rds_csi_async.services.metering import Attaching, mount_op
from tests.fakes.connections import FakeConnections
from tests.fakes.faults import KilledError
from tests.fakes.node import FakeDisk, FakeNode
from tests.fakes.telemetry import FakeTelemetry
from tests.services.node_world import HOST, SIZE_BYTES, nqn

TARGET = Target(str(nqn()), "192.0.2.1", 4420, HOST, SIZE_BYTES)


@pytest.fixture
def telemetry() -> FakeTelemetry:
    """Keep what is told."""
    return FakeTelemetry()


@pytest.fixture
def connections() -> FakeConnections:
    """Export the volume."""
    return FakeConnections(FakeNode(exports={str(nqn()): FakeDisk(SIZE_BYTES)}))


@pytest.mark.parametrize("error", [HostError("busy"), KilledError(), None])
def test_an_operation_is_counted_once_as_it_ended(telemetry: FakeTelemetry, error: BaseException | None) -> None:
    """Being killed is a failure too, and no error is swallowed."""
    try:
        with mount_op(telemetry, "unmount"):
            if error is not None:
                raise error
    except (HostError, KilledError) as caught:
        assert caught is error  # noqa: PT017  (the case without an error raises nothing)
    assert [(call.detail, call.error) for call in telemetry.list_calls("mount_op")] == [("unmount", error)]


async def test_attaching_and_detaching_are_counted(telemetry: FakeTelemetry, connections: FakeConnections) -> None:
    """Nothing else is read for it: with many volumes that would be much."""
    attaching = Attaching(connections, telemetry)
    await attaching.connect(TARGET)
    await attaching.disconnect(str(nqn()))
    assert (telemetry.count("nvme_connect"), telemetry.count("nvme_disconnect")) == (1, 1)
    assert telemetry.list_calls("nvme_connections") == []


async def test_how_many_there_are_is_what_the_kernel_shows(
    telemetry: FakeTelemetry, connections: FakeConnections
) -> None:
    """However often one was attached."""
    attaching = Attaching(connections, telemetry)
    await attaching.connect(TARGET)
    await attaching.connect(TARGET)
    await attaching.refresh()
    assert telemetry.list_calls("nvme_connections")[-1].detail == "1"


async def test_a_failure_to_attach_is_counted_as_one(telemetry: FakeTelemetry, connections: FakeConnections) -> None:
    """And raised."""
    error = UnreachableError("nobody answers")
    connections.fail_next(error)
    with pytest.raises(UnreachableError):
        await Attaching(connections, telemetry).connect(TARGET)
    assert [call.error for call in telemetry.list_calls("nvme_connect")] == [error]


async def test_a_failure_to_detach_detaches_nothing(telemetry: FakeTelemetry, connections: FakeConnections) -> None:
    """So nothing is counted."""
    connections.fail_next(HostError("held"))
    with pytest.raises(HostError):
        await Attaching(connections, telemetry).disconnect(str(nqn()))
    assert telemetry.calls == []


async def test_a_kernel_that_does_not_tell_leaves_the_last_number(
    telemetry: FakeTelemetry, connections: FakeConnections
) -> None:
    """It is no reason to fail what succeeded."""
    connections.fail_next(HostError("sysfs"))
    await Attaching(connections, telemetry).refresh()
    assert telemetry.calls == []
