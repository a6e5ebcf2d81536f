"""What the node's use cases are given is ports and nothing else."""

from typing import get_type_hints

from rds_csi_async.ports.node_ports import NodePorts


def test_each_is_a_protocol_of_this_ring() -> None:
    """A fake fits in the place of any of them."""
    for name, kind in get_type_hints(NodePorts).items():
        assert getattr(kind, "_is_protocol", False), name
        assert kind.__module__ == f"rds_csi_async.ports.{name}", name
