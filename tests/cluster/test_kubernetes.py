"""The client library against an API server over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from rds_csi_async.cluster.kubernetes import KubernetesCluster
from rds_csi_async.domain.errors import RefusedError, UnreachableError
from tests.contracts.cluster import CLAIM, EVENT, ONCE, ClusterContract, Counts
from tests.fakes.api_server import ApiServer, render_kubeconfig

STATUSES = {"down": 503, "forbidden": 403}


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    """Serve with one claim."""
    async with ApiServer(claims={(CLAIM.namespace, CLAIM.name): "uid-1"}).serve() as serving:
        yield serving


@pytest.fixture
def kubeconfig(server: ApiServer, tmp_path: Path) -> Path:
    """Write how to reach it, the token being in a file of its own, as kubelet has it."""
    (tmp_path / "token").write_text(server.token)
    file = tmp_path / "config"
    file.write_text(render_kubeconfig(server.url, {"tokenFile": str(tmp_path / "token")}))
    return file


@pytest.fixture
async def cluster(kubeconfig: Path) -> AsyncIterator[KubernetesCluster]:
    """Be one of its clients."""
    client = KubernetesCluster(str(kubeconfig), "rds", "n1")
    yield client
    await client.close()


class TestKubernetesCluster(ClusterContract):
    """See `ClusterContract`."""

    @pytest.fixture
    def counts(self, server: ApiServer) -> Counts:
        """Read what it holds."""
        return lambda: sorted((e["involvedObject"]["name"], e["reason"], e["count"]) for e in server.events.values())

    @pytest.fixture
    def fail(self, server: ApiServer) -> Callable[[str], None]:
        """Let the next request fail."""
        return lambda how: server.failures.append(STATUSES[how])


async def test_a_renewed_token_is_read_anew(cluster: KubernetesCluster, server: ApiServer, kubeconfig: Path) -> None:
    """Kubelet renews it every hour, and the old one ends."""
    await cluster.post_event(EVENT, ONCE)
    server.token = "second"  # noqa: S105 - see `ApiServer`
    await asyncio.to_thread((kubeconfig.parent / "token").write_text, server.token)
    await cluster.post_event(EVENT, ONCE.again(ONCE.last))
    assert [event["count"] for event in server.events.values()] == [2]


async def test_a_token_that_is_not_taken_is_a_refusal(cluster: KubernetesCluster, server: ApiServer) -> None:
    """It is tried once more, and not for ever."""
    server.token = "another"  # noqa: S105 - see `ApiServer`
    with pytest.raises(RefusedError, match="401"):
        await cluster.post_event(EVENT, ONCE)
    assert len(server.requests) == 2


async def test_words_of_the_api_are_passed_on(cluster: KubernetesCluster, server: ApiServer) -> None:
    """Whoever reads the log learns which verb is missing."""
    server.failures += [403]
    with pytest.raises(RefusedError, match=r"403 to event MountFailure .*home/photos: made to fail"):
        await cluster.post_event(EVENT, ONCE)


@pytest.mark.parametrize(("content_type", "words"), [("text/html", r"502 .*Bad Gateway"), ("", "does not answer")])
async def test_what_stands_before_the_api_may_answer(
    cluster: KubernetesCluster, server: ApiServer, content_type: str, words: str
) -> None:
    """A proxy's page is no word of the API's, and may be another the next time."""
    server.content_type = content_type
    server.failures += [502]
    with pytest.raises(UnreachableError, match=words):
        await cluster.post_event(EVENT, ONCE)


async def test_nobody_listens(tmp_path: Path) -> None:
    """A dead API is told as one, with what was asked of it."""
    file = tmp_path / "config"
    await asyncio.to_thread(file.write_text, render_kubeconfig("http://127.0.0.1:1", {"token": "x"}))
    cluster = KubernetesCluster(str(file), "rds", "n1")
    with pytest.raises(UnreachableError, match="MountFailure"):
        await cluster.post_event(EVENT, ONCE)
    await cluster.close()


@pytest.mark.parametrize("content", [None, "{", "{}"])
async def test_a_kubeconfig_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    """The file is named: it may be written later."""
    file = tmp_path / "config"
    if content is not None:
        await asyncio.to_thread(file.write_text, content)
    with pytest.raises(UnreachableError, match=str(file)):
        await KubernetesCluster(str(file), "rds", "n1").post_event(EVENT, ONCE)
