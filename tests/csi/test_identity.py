"""The Identity service says who it is, and never fails to say whether it is ready."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from rds_csi_async.csi import identity, wire
from rds_csi_async.csi.identity import Identity
from rds_csi_async.domain.errors import UnreachableError
from tests.csi.serving import serving


async def _nothing() -> str | None:
    return None


async def _an_appliance() -> str | None:
    return "rds1: no answer"


async def _fail() -> str | None:
    message = "no route to host"
    raise UnreachableError(message)


async def _crash() -> str | None:
    raise KeyError


async def _hang() -> str | None:
    await asyncio.Event().wait()
    return None


def make(find_missing: Callable[[], Awaitable[str | None]] = _nothing, *, controller: bool = True) -> Identity:
    """Make the service of a driver to which this is missing."""
    return Identity("rds-csi-async.github.io", "1.2.3", find_missing, controller=controller)


async def test_name_and_version_are_told(tmp_path: Path) -> None:
    """As they were given."""
    async with serving(tmp_path / "csi.sock", [make()]) as client:
        info = await client.identity.get_plugin_info(wire.GetPluginInfoRequest())
    assert (info.name, info.vendor_version) == ("rds-csi-async.github.io", "1.2.3")


@pytest.mark.parametrize(("controller", "services"), [(True, ["CONTROLLER_SERVICE"]), (False, [])])
async def test_a_controller_is_told_only_where_it_is(tmp_path: Path, controller: bool, services: list[str]) -> None:  # noqa: FBT001 - a case
    """A sidecar would ask a node's process for volumes; that volumes grow online holds for both."""
    async with serving(tmp_path / "csi.sock", [make(controller=controller)]) as client:
        answer = await client.identity.get_plugin_capabilities(wire.GetPluginCapabilitiesRequest())
    kinds, growths = wire.PluginCapabilityServiceType, wire.PluginCapabilityVolumeExpansionType
    told = [kinds.try_value(one.service.type).name for one in answer.capabilities[:-1]]
    assert told == services
    assert growths.try_value(answer.capabilities[-1].volume_expansion.type).name == "ONLINE"


@pytest.mark.parametrize(
    ("find_missing", "ready"), [(_nothing, True), (_an_appliance, False), (_fail, False), (_crash, False)]
)
async def test_readiness_is_told_and_never_an_error(
    tmp_path: Path,
    find_missing: Callable[[], Awaitable[str | None]],
    ready: bool,  # noqa: FBT001 - a case
) -> None:
    """Not even when finding it out fails; and `false` is there on the wire, since unset means ready."""
    async with serving(tmp_path / "csi.sock", [make(find_missing)]) as client:
        assert (await client.identity.probe(wire.ProbeRequest())).ready is ready


@pytest.mark.looptime
async def test_a_probe_does_not_wait_for_what_hangs() -> None:
    """It is answered within about a second."""
    began_s = asyncio.get_running_loop().time()
    assert (await make(_hang).probe(wire.ProbeRequest())).ready is False
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(identity.PROBE_BOUND_S, abs=0.1)


async def test_a_change_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """With what is missing, and not again every few seconds."""
    caplog.set_level("INFO")
    missing: list[str | None] = ["rds1: no answer", "rds1: no answer", None, None]

    async def look() -> str | None:
        return missing.pop(0)

    probed = make(look)
    for _ in range(4):
        await probed.probe(wire.ProbeRequest())
    assert [record.getMessage() for record in caplog.records] == ["not ready: rds1: no answer", "ready"]
