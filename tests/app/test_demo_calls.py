"""The demo's calls are an orchestrator's."""

from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.app.config import Settings
from rds_csi_async.app.demo_calls import Calls
from rds_csi_async.app.running import Driver
from rds_csi_async.csi.client import connect
from rds_csi_async.domain.identifiers import node_id_of
from tests.app.ready import until_ready


async def test_the_controllers_calls_lead_through_a_life(settings: Settings, tmp_path: Path) -> None:
    """Created, opened, grown, closed and deleted, and then gone."""
    async with Driver(settings), connect(settings.socket_path) as client:
        await until_ready(client)
        calls = Calls(client, tmp_path / "kubelet", node_id_of("c", "worker"))
        assert await calls.create("pvc-1", 1 << 20, {"appliance": "mock", "pool": "pool1"}) == 16 << 20
        await calls.publish_to_node()
        assert calls.context["sequence"] == "1"
        assert await calls.expand(20 << 20) == 20 << 20
        with pytest.raises(GRPCError) as refused:
            await calls.delete()
        assert refused.value.status is Status.FAILED_PRECONDITION
        await calls.unpublish_from_node()
        await calls.delete()
        with pytest.raises(GRPCError) as refused:
            await calls.publish_to_node()
        assert refused.value.status is Status.NOT_FOUND
