"""The cluster is asked only where the settings name one."""

import asyncio
import sys

import pytest

from rds_csi_async.app.cluster_wiring import find_cluster
from rds_csi_async.app.config import Settings, SettingsError


def test_no_kubeconfig_is_no_cluster() -> None:
    """A driver on a laptop has none."""
    assert find_cluster(Settings()) is None


async def test_a_cluster_is_found_without_being_asked() -> None:
    """The API may be down when the driver starts."""
    cluster = await asyncio.to_thread(find_cluster, Settings(kubeconfig="/nowhere", node_name="n1"))
    assert cluster is not None
    await cluster.close()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that brings it."""
    monkeypatch.setitem(sys.modules, "lightkube", None)
    monkeypatch.delitem(sys.modules, "rds_csi_async.cluster.kubernetes", raising=False)
    with pytest.raises(SettingsError, match=r"lightkube is not installed: pip install 'rds-csi-async\[kubernetes\]'"):
        find_cluster(Settings(kubeconfig="in-cluster"))


async def test_without_a_cluster_the_library_is_not_loaded() -> None:
    """It would cost every process the memory."""
    script = "import sys, rds_csi_async.app.running; print('lightkube' in sys.modules, 'httpx2' in sys.modules)"
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - a fresh interpreter is the point
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.split() == [b"False", b"False"]
