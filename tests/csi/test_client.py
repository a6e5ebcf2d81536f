"""The client says what an orchestrator says, byte for byte of the same meaning."""

from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import connect
from rds_csi_async.csi.methods import pass_through
from rds_csi_async.csi.presence import find_choice
from rds_csi_async.csi.server import CsiServer


class _Controller(wire.ControllerBase):
    """Answers with what kind of volume it was asked for."""

    async def create_volume(self, request: wire.CreateVolumeRequest) -> wire.CreateVolumeResponse:
        """Take the kind for the id."""
        kind = find_choice(request.volume_capabilities[0], "access_type")
        return wire.CreateVolumeResponse(wire.Volume(volume_id=str(kind)))


async def test_calls_reach_their_service_with_all_that_was_said(tmp_path: Path) -> None:
    """An empty message among it, which betterproto's own encoder would lose; and what is not there is said to be so."""
    server = CsiServer([_Controller()], pass_through)
    await server.start(tmp_path / "csi.sock")
    async with connect(tmp_path / "csi.sock") as client:
        block = wire.VolumeCapability(block=wire.VolumeCapabilityBlockVolume())
        answer = await client.controller.create_volume(wire.CreateVolumeRequest(volume_capabilities=[block]))
        assert answer.volume.volume_id == "block"
        for call in (
            client.identity.probe(wire.ProbeRequest()),
            client.node.node_get_info(wire.NodeGetInfoRequest()),
        ):
            with pytest.raises(GRPCError) as refused:
                await call
            assert refused.value.status is Status.UNIMPLEMENTED
    await server.drain(1)
