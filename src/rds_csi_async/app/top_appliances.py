"""What `rds-csi top` shows of appliances and pools. See `top_facts`. Pure. What nobody told is None, and never 0."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rds_csi_async.observability import appliance_catalogue as catalogue
from rds_csi_async.observability.definitions import FAILURE
from rds_csi_async.observability.samples import Samples, find_within

SHARE = 0.9  # of which it is told how long they took


@dataclass(frozen=True, slots=True)
class ApplianceFacts:
    """An appliance, as one controller sees it. Commands are those of late."""

    address: str
    key: str
    host: str
    is_up: bool | None
    reconnects_failed: float
    commands: float
    commands_failed: float
    command_within_s: float | None
    inventory_age_s: float | None
    volumes: Mapping[str, float] | None
    troubled_arrays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """A pool, as it was when the appliance was asked last."""

    appliance: str
    name: str
    is_mounted: bool | None
    size_bytes: float | None
    free_bytes: float | None
    provisioned_bytes: float | None


def list_appliances(address: str, samples: Samples, recent: Samples) -> Iterator[ApplianceFacts]:
    """List the appliances that the process at this address asks; `recent` is what it counted of late."""
    for connection in samples.list_named(catalogue.CONNECTION_STATE.name):
        key = connection.labels.get("appliance", "")
        commands = catalogue.COMMANDS_TOTAL.name
        yield ApplianceFacts(
            address,
            key,
            connection.labels.get("address", ""),
            connection.value > 0,
            samples.find_sum(catalogue.RECONNECTS_TOTAL.name, appliance=key, status=FAILURE) or 0,
            recent.find_sum(commands, appliance=key) or 0,
            recent.find_sum(commands, appliance=key, outcome=FAILURE) or 0,
            find_within([recent], catalogue.COMMAND_SECONDS.name, SHARE, appliance=key),
            samples.find_sum(catalogue.INVENTORY_AGE.name, appliance=key),
            _find_volumes(samples, key),
            tuple(_list_troubled_arrays(samples, key)),
        )


def list_pools(samples: Samples) -> Iterator[PoolFacts]:
    """List the pools that the settings name, and those that are there."""
    names = {
        (each.labels.get("appliance", ""), each.labels.get("pool", ""))
        for definition in (catalogue.POOL_MOUNTED, catalogue.POOL_SIZE)
        for each in samples.list_named(definition.name)
    }
    for appliance, pool in names:
        sizes = (catalogue.POOL_SIZE, catalogue.POOL_FREE, catalogue.POOL_PROVISIONED)
        mounted = samples.find_sum(catalogue.POOL_MOUNTED.name, appliance=appliance, pool=pool)
        numbers = [samples.find_sum(each.name, appliance=appliance, pool=pool) for each in sizes]
        yield PoolFacts(appliance, pool, None if mounted is None else mounted > 0, *numbers)


def _find_volumes(samples: Samples, appliance: str) -> Mapping[str, float] | None:
    """Count the volumes by state, of those that there are; None where the appliance has not told."""
    known = samples.list_named(catalogue.VOLUMES.name, appliance=appliance)
    return samples.find_sums(catalogue.VOLUMES.name, "state", appliance=appliance) if known else None


def _list_troubled_arrays(samples: Samples, appliance: str) -> Iterator[str]:
    for clean in samples.list_named(catalogue.ARRAY_CLEAN.name, appliance=appliance):
        if not clean.value:
            array = clean.labels.get("array", "")
            failed = samples.find_sum(catalogue.ARRAY_FAILED.name, appliance=appliance, array=array) or 0
            yield f"{array}: not clean, {failed:g} failed"
