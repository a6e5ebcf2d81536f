"""A real appliance, named on the command line: `--appliance CONFIG`, and `--appliance-key KEY` where it has several."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.app.config import load_settings
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.ports.rds import Rds
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import render_text
from tests.contracts.rds_world import OTHER, POOL, SLOT, SPARE, World

NOT_NAMED = "no real appliance was named: --appliance CONFIG (and --appliance-key KEY)"
HAS_VOLUMES = "the appliance holds volumes: the contract is sat on one without, so that nobody's can be hurt"


def find_appliance(config: pytest.Config) -> ApplianceSettings | None:
    """Give the appliance that was named, with its first two pools, under the contract's names for them."""
    file, key = config.getoption("--appliance"), config.getoption("--appliance-key")
    if file is None:
        return None
    settings = load_settings({"mode": "controller", "cluster_id": "contract"}, Path(file))
    chosen = _choose(parse_appliances(settings.appliances), key)
    return replace(chosen.settings, pools=_rename(chosen.settings.pools))


def _rename(pools: tuple[PoolSettings, ...]) -> tuple[PoolSettings, ...]:
    return tuple(replace(pool, name=name) for pool, name in zip(pools, (POOL, SPARE), strict=False))


def _choose(appliances: list[ConfiguredAppliance], key: str | None) -> ConfiguredAppliance:
    named = [each for each in appliances if key in {None, each.key}]
    if len(named) != 1:
        message = f"--appliance-key takes one of: {', '.join(each.key for each in appliances)}"
        raise pytest.UsageError(message)
    return named[0]


async def clear(rds: Rds) -> None:
    """Take away what the contract makes, and nothing else."""
    for slot in (SLOT, OTHER):
        there = await rds.find_volume(slot)
        if there is None:
            await rds.remove_leftovers(slot)
        else:
            await rds.remove_volume(there)


@dataclass
class RealWorld(World):
    """An administrator's hands, as far as a console has them."""

    console: SshConsole

    async def drop_disk(self, slot: str) -> None:
        """See `World`."""
        await self._type(f"/disk/remove [/disk/find where slot={render_text(slot)}]")

    async def has_file(self, slot: str) -> bool:
        """See `World`."""
        return int(await self._type(f":put [:len [/file/find where name~{render_text(slot)}]]")) > 0

    async def set_comment(self, slot: str, comment: str) -> None:
        """See `World`."""
        await self._type(f"/disk/set [/disk/find where slot={render_text(slot)}] comment={render_text(comment)}")

    async def hold_safe_mode(self) -> None:
        """See `World`: not over SSH exec."""
        pytest.skip("safe mode is held by a person at a terminal: not on a real appliance")

    async def unmount_pool(self, name: str = POOL) -> None:
        """See `World`: it may be others' too."""
        pytest.skip(f"{name} is not unmounted for a test: not on a real appliance")

    async def mount_pool(self, name: str = POOL) -> None:
        """See `World`: none was unmounted."""

    async def _type(self, line: str) -> str:
        return await self.console.run(line, mutating=True)
