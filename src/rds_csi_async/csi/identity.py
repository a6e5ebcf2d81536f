"""The Identity service: who this driver is, what it can do, and whether it can do it now."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from rds_csi_async.csi import wire

Readiness = Callable[[], Awaitable[str | None]]
"""Tells what is missing before the driver can work; None when nothing is. May raise, may hang."""

PROBE_BOUND_S = 1.0  # a liveness probe's default timeout is hardly longer
_log = logging.getLogger(__name__)


class Identity(wire.IdentityBase):
    """See CSI 1.12, Identity Service. `controller` tells whether this process serves the Controller service too."""

    def __init__(self, name: str, version: str, find_missing: Readiness, *, controller: bool) -> None:
        self._name = name
        self._version = version
        self._find_missing = find_missing
        self._controller = controller
        self._said: str | None = None

    async def get_plugin_info(
        self,
        request: wire.GetPluginInfoRequest,  # noqa: ARG002 - it asks nothing; so below
    ) -> wire.GetPluginInfoResponse:
        """Tell name and version."""
        return wire.GetPluginInfoResponse(self._name, self._version)

    async def get_plugin_capabilities(
        self,
        request: wire.GetPluginCapabilitiesRequest,  # noqa: ARG002 - it is empty
    ) -> wire.GetPluginCapabilitiesResponse:
        """Tell which services there are, and that volumes grow while they are in use."""
        online = wire.PluginCapabilityVolumeExpansionType.from_string("ONLINE")
        expansion = wire.PluginCapability(volume_expansion=wire.PluginCapabilityVolumeExpansion(online))
        kind = wire.PluginCapabilityServiceType.from_string("CONTROLLER_SERVICE")
        service = wire.PluginCapability(service=wire.PluginCapabilityService(kind))
        return wire.GetPluginCapabilitiesResponse([service, expansion] if self._controller else [expansion])

    async def probe(self, request: wire.ProbeRequest) -> wire.ProbeResponse:  # noqa: ARG002 - it is empty
        """Tell whether the driver can work now. Never an error: what cannot be told within a second is not so."""
        missing = await self._look()
        if missing != self._said:
            _log.info("ready" if missing is None else "not ready: %s", *([] if missing is None else [missing]))
            self._said = missing
        return wire.ProbeResponse(ready=missing is None)

    async def _look(self) -> str | None:
        try:
            async with asyncio.timeout(PROBE_BOUND_S):
                return await self._find_missing()
        except TimeoutError:
            return f"what is missing could not be told within {PROBE_BOUND_S:g} s"
        except Exception as error:  # noqa: BLE001 - a probe that fails tells the same as one that says no
            return f"{type(error).__name__}: {error}"
