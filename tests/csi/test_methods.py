"""Where each call leads."""

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.csi import wire
from rds_csi_async.csi.methods import Service, list_methods, pass_through, refuse_with
from tests.csi.raw_client import PROBE, SLOW


class OnlyProbe(wire.IdentityBase):
    """Has one of its three methods."""

    async def probe(self, probe_request: wire.ProbeRequest) -> wire.ProbeResponse:  # noqa: ARG002 - it is empty
        """Be ready."""
        return wire.ProbeResponse(ready=True)


async def test_a_call_leads_to_its_service() -> None:
    """A method that a service has is the one that answers, with the types that its path has."""
    probe = {method.path: method for method in list_methods([OnlyProbe()])}[PROBE]
    assert (probe.request_type, probe.response_type) == (wire.ProbeRequest, wire.ProbeResponse)
    answered = await pass_through(probe.path, probe.handler, wire.ProbeRequest(), {}, None)
    assert answered == wire.ProbeResponse(ready=True)


@pytest.mark.parametrize("services", [[], [OnlyProbe()]])
async def test_whatever_is_missing_is_refused_by_name(services: list[Service]) -> None:
    """All 32 calls exist; one that nobody implements says so, with its name in it."""
    methods = list_methods(services)
    assert len(methods) == 32
    for method in methods:
        if services and method.path == PROBE:
            continue
        with pytest.raises(GRPCError) as raised:
            await method.handler(method.request_type())
        assert raised.value.status is Status.UNIMPLEMENTED
        assert method.path.rpartition("/")[2] in str(raised.value.message)


async def test_a_stream_is_refused_even_if_somebody_wrote_one() -> None:
    """Calls that stream have no place in a server of unary calls: they are refused, not answered wrongly."""

    class Streams(wire.SnapshotMetadataBase):
        async def get_metadata_allocated(self, get_metadata_allocated_request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG002
            yield None

    (method,) = [each for each in list_methods([Streams()]) if each.path.endswith("GetMetadataAllocated")]
    with pytest.raises(GRPCError):
        await method.handler(method.request_type())


def test_one_service_cannot_be_given_twice() -> None:
    """Which of two would answer is not left to chance."""
    with pytest.raises(ValueError, match="twice"):
        list_methods([OnlyProbe(), OnlyProbe()])


def test_a_stranger_is_no_service() -> None:
    """Something that serves nothing of CSI is refused at the start, not ignored."""
    with pytest.raises(ValueError, match="no CSI service"):
        list_methods([object()])  # type: ignore[list-item]


async def test_a_refusal_refuses_anything() -> None:
    """The handler that stands for a refusal raises it, whatever is asked."""
    with pytest.raises(GRPCError, match="so"):
        await refuse_with(GRPCError(Status.ABORTED, "so"))(wire.ProbeRequest())


def test_paths_are_those_of_csi() -> None:
    """The paths that tests name by hand are real."""
    assert {PROBE, SLOW} <= {method.path for method in list_methods([])}
