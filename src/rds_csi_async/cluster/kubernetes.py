"""The Kubernetes API over lightkube: the only module that knows it.

A ServiceAccount's token is a file that kubelet renews. It is read with everything else off the loop, when the client is
made, and the client is made anew when the API no longer takes it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar, cast

import httpx2
import msgspec
import yaml
from lightkube import AsyncClient, ConfigError
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import User
from lightkube.core.exceptions import ApiError
from lightkube.resources.core_v1 import Event as EventResource
from lightkube.resources.core_v1 import PersistentVolumeClaim

from rds_csi_async.cluster.events import name_of, namespace_of, render_event, render_recurrence
from rds_csi_async.domain.errors import RefusedError, UnreachableError, VolumeNotFoundError
from rds_csi_async.domain.events import Event, Kind, Sighting, Subject

IN_CLUSTER = "in-cluster"
TIMEOUT_S = 5.0  # of one request; there are three at most, in 15 s
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_NOT_THE_API = (LookupError, ValueError, msgspec.MsgspecError)  # the library's, over an answer of some proxy's
T = TypeVar("T")


class KubernetesCluster:
    """The `Cluster` that `source` names: `in-cluster`, or a kubeconfig file. `reporter` is this node or pod."""

    def __init__(self, source: str, component: str, reporter: str) -> None:
        self._source = source
        self._component = component
        self._reporter = reporter
        self._client: AsyncClient | None = None

    async def post_event(self, event: Event, sighting: Sighting) -> None:
        """See `Cluster`."""
        await self._ask(lambda client: self._post(client, event, sighting), f"event {event.reason} of {event.subject}")

    async def close(self) -> None:
        """Close its connections; it may be used again."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _post(self, client: AsyncClient, event: Event, sighting: Sighting) -> None:
        name, namespace = name_of(event, sighting, self._reporter), namespace_of(event)
        if sighting.count > 1 and await self._bring_up_to_date(client, name, namespace, sighting):
            return
        uid = await _find_uid(client, event.subject)
        made = render_event(event, sighting, self._reporter, self._component, uid)
        try:
            await client.create(cast("EventResource", EventResource.from_dict(made)))
        except httpx2.HTTPStatusError as error:
            if error.response.status_code != httpx2.codes.CONFLICT:  # then an earlier try did it, and was not told so
                raise

    async def _bring_up_to_date(self, client: AsyncClient, name: str, namespace: str, sighting: Sighting) -> bool:
        """Tell whether the event was there: the API forgets them after an hour."""
        try:
            await client.patch(EventResource, name, render_recurrence(sighting), namespace=namespace)
        except httpx2.HTTPStatusError as error:
            if error.response.status_code != httpx2.codes.NOT_FOUND:
                raise
            return False
        return True

    async def _ask(self, ask: Callable[[AsyncClient], Awaitable[T]], what: str) -> T:
        try:
            try:
                return await ask(await self._get_client())
            except httpx2.HTTPStatusError as error:
                if error.response.status_code != httpx2.codes.UNAUTHORIZED:
                    raise
                await self.close()  # the token was renewed
                return await ask(await self._get_client())
        except httpx2.HTTPStatusError as error:
            code = error.response.status_code
            kind = UnreachableError if code in _TRANSIENT else RefusedError
            message = f"the Kubernetes API answers {code} to {what}: {_words_of(error)}"
            raise kind(message) from error
        except (httpx2.HTTPError, OSError, *_NOT_THE_API) as error:
            message = f"the Kubernetes API does not answer to {what}: {error or type(error).__name__}"
            raise UnreachableError(message) from error

    async def _get_client(self) -> AsyncClient:
        if self._client is None:
            try:
                self._client = await asyncio.to_thread(_open, self._source)
            except (ConfigError, OSError, KeyError, ValueError, yaml.YAMLError) as error:
                message = f"the Kubernetes API cannot be reached by {self._source!r}: {error}"
                raise UnreachableError(message) from error
        return self._client


async def _find_uid(client: AsyncClient, subject: Subject) -> str:
    if subject.kind is Kind.NODE:
        return subject.name  # as kubelet has it in its own events
    try:
        claim = await client.get(PersistentVolumeClaim, subject.name, namespace=subject.namespace)
    except httpx2.HTTPStatusError as error:
        if error.response.status_code == httpx2.codes.NOT_FOUND:
            message = f"{subject} is not there any more"
            raise VolumeNotFoundError(message) from error
        raise
    return claim.metadata.uid if claim.metadata and claim.metadata.uid else ""


def _words_of(error: httpx2.HTTPStatusError) -> str:
    """Give what the API said; what stands before it may answer too, in no words of its."""
    return (isinstance(error, ApiError) and error.status.message) or error.response.reason_phrase


def _open(source: str) -> AsyncClient:
    """Read what the source has to say and make a client. Blocks."""
    config = KubeConfig.from_service_account() if source == IN_CLUSTER else KubeConfig.from_file(source)
    chosen = config.get()
    if chosen is None:
        message = "it names no current context"
        raise ConfigError(message)
    return AsyncClient(config=_with_token(chosen), timeout=httpx2.Timeout(TIMEOUT_S), trust_env=False)


def _with_token(config: SingleConfig) -> SingleConfig:
    """Read the token now, so that the library never reads it on the loop."""
    user = config.user or User()
    if user.token_file:
        user = msgspec.structs.replace(user, token=Path(user.token_file).read_text().strip(), token_file=None)
    return config._replace(user=user)
