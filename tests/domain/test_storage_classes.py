"""A StorageClass says where, and nothing that nobody reads."""

import pytest

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.making import MakeOptions
from rds_csi_async.domain.session_options import SessionOptions
from rds_csi_async.domain.storage_classes import Placement, parse_parameters

BOTH = {"appliance": "rds", "pool": "fast"}
PVC = "csi.storage.k8s.io/pvc"


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({}, ""),
        ({"csi.storage.k8s.io/fstype": "xfs"}, ""),
        ({f"{PVC}/name": "data"}, ""),
        ({f"{PVC}/name": "data", f"{PVC}/namespace": "shop", "csi.storage.k8s.io/pv/name": "pvc-1"}, "shop/data"),
    ],
)
def test_appliance_and_pool_are_read(more: dict[str, str], title: str) -> None:
    """And the claim's name where the provisioner tells it; what is Kubernetes' own is no mistake."""
    assert parse_parameters({**BOTH, **more}) == Placement("rds", "fast", title)


def test_how_file_systems_are_made_is_read() -> None:
    """See `making`; a value out of bounds is refused with all else."""
    making = MakeOptions(bytes_per_inode=65536, discard=True)
    assert parse_parameters({**BOTH, "bytesPerInode": "65536", "discard": "true"}) == Placement(
        "rds", "fast", "", making
    )
    with pytest.raises(InvalidRequestError, match="discard"):
        parse_parameters({**BOTH, "discard": "maybe"})


def test_how_connections_are_kept_is_read() -> None:
    """See `session_options`; a value out of bounds is refused with all else."""
    session = SessionOptions(io_queues=2, keep_alive_s=15)
    said = {"ioQueues": "2", "keepAliveSeconds": "15"}
    assert parse_parameters({**BOTH, **said}) == Placement("rds", "fast", session=session)
    with pytest.raises(InvalidRequestError, match="ctrlLossTimeoutSeconds"):
        parse_parameters({**BOTH, "ctrlLossTimeoutSeconds": "1"})


@pytest.mark.parametrize("key", ["Pool", "fsType", "volumePath", "", "csi.storage.k8s.io", "x" * 10_000])
def test_an_unknown_key_is_refused(key: str) -> None:
    """A slip in a key must not be silently ignored; the message names it, and stays short."""
    with pytest.raises(InvalidRequestError, match="unknown") as caught:
        parse_parameters({**BOTH, key: "1"})
    assert key[:80] in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("parameters", [{}, {"appliance": "rds"}, {"pool": "fast"}, {"appliance": "", "pool": "fast"}])
def test_both_have_to_be_named(parameters: dict[str, str]) -> None:
    """A retry elsewhere would make a second volume, so nothing is chosen for the user."""
    with pytest.raises(InvalidRequestError, match="missing"):
        parse_parameters(parameters)
