"""`helm install` needs an appliance's address, its pool and the name of a Secret; whatever is wrong is named."""

from typing import Any

import pytest

from rds_csi_async.domain.identifiers import is_appliance_key
from tests.chart.rendering import RenderingError, render

POOL = {"slot": "raid1", "fsUuid": "35e7406b-8020-5c93-8b40-feb1ad7fc3ad"}
APPLIANCE: dict[str, Any] = {"address": "192.0.2.10", "secretName": "rds-credentials", "pools": {"main": POOL}}
CLUSTER = {"clusterId": "c"}
MISSING = [
    ("address", "appliances/rds", "address"),
    ("secretName", "appliances/rds", "secretName"),
    ("pools", "appliances/rds", "pools"),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"appliances.rds.address": 17}, "appliances/rds/address"),
    ({"appliances.rds.port": "22"}, "appliances/rds/port"),
    ({"appliances.rds.port": 70000}, "appliances/rds/port"),
    ({"appliances.rds.secretName": "Not A Name"}, "appliances/rds/secretName"),
    ({"appliances.rds.nvmeAddress": "rds.example.org"}, "appliances/rds/nvmeAddress"),
    ({"appliances.rds.pools": {}}, "appliances/rds/pools"),
    ({"appliances.rds.pools.main": {"slot": "raid1"}}, "fsUuid"),
    ({"appliances.rds.pools.main": {"fsUuid": POOL["fsUuid"]}}, "slot"),
    ({"appliances.rds.pools.main.fsUuid": "raid1 is none"}, "appliances/rds/pools/main/fsUuid"),
    ({"appliances.rds.pools.main.reserveBytes": -1}, "appliances/rds/pools/main/reserveBytes"),
    ({"appliances.RDS": APPLIANCE}, "RDS"),
    ({"appliances.rds.adress": "192.0.2.10"}, "adress"),
    ({"appliances.rds.pools.main.fsuuid": "x"}, "fsuuid"),
    ({"controler": {}}, "controler"),
    ({"controller.replica": 2}, "replica"),
    ({"controller.replicas": 0}, "controller/replicas"),
    ({"controller.terminationGracePeriodSeconds": 10}, "controller/terminationGracePeriodSeconds"),
    ({"storageClassDefaults.fsType": "btrfs"}, "storageClassDefaults/fsType"),
    ({"storageClasses.named": {"a": {"appliance": "rds"}}}, "pool"),
    ({"logLevel": "loud"}, "logLevel"),
    ({"kubeletDir": "var/lib/kubelet"}, "kubeletDir"),
    ({"sidecars.provisioner.timeout": "long"}, "sidecars/provisioner/timeout"),
    ({"sidecars.provisioner.workers": 0}, "sidecars/provisioner/workers"),
    ({"image.digest": "sha256:short"}, "image/digest"),
    ({"driverName": "_"}, "driverName"),
    ({"simulator.poolSize": "big"}, "simulator/poolSize"),
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"appliances": {}}, "appliances is empty"),
    ({"clusterId": ""}, "clusterId is missing"),
    ({"simulator.enabled": True}, "appliances has to be empty"),
    ({"appliances.rds.address": "rds.example.org"}, "appliances.rds.nvmeAddress is missing"),
    ({"appliances.rds.secretKeys.privateKey": ""}, "appliances.rds.secretKeys"),
    ({"storageClasses.named": {"a": {"appliance": "other", "pool": "main"}}}, "storageClasses.named.a.appliance"),
    ({"storageClasses.named": {"a": {"appliance": "rds", "pool": "other"}}}, "storageClasses.named.a.pool"),
    ({"storageClasses.perPool": False}, "test.storageClassName is missing"),
    ({"serviceAccounts.node.create": False}, "serviceAccounts.node.name is missing"),
    ({"node.modulesDir": "", "node.loadModule.initContainer": True}, "node.modulesDir is empty"),
]


def test_three_values_are_enough() -> None:
    """The cluster id apart, which is looked up where there is a cluster."""
    rendering = render(values={**CLUSTER, "appliances": {"rds": APPLIANCE}})
    assert set(rendering.pods) == {"controller", "node", "test"}


@pytest.mark.parametrize(("left_out", "where", "what"), MISSING)
def test_what_is_missing_is_named(left_out: str, where: str, what: str) -> None:
    """With the place where it is wanted."""
    appliance = {key: value for key, value in APPLIANCE.items() if key != left_out}
    with pytest.raises(RenderingError) as refused:
        render(values={**CLUSTER, "appliances": {"rds": appliance}})
    assert where in str(refused.value)
    assert what in str(refused.value)


@pytest.mark.parametrize(("values", "named"), WRONG)
def test_what_is_wrong_or_unknown_is_named(values: dict[str, Any], named: str) -> None:
    """A misspelt value would silently do nothing, and one of a wrong type fail only in the cluster."""
    with pytest.raises(RenderingError, match="values don't meet the specifications of the schema") as refused:
        render("minimal", values=values)
    assert named in str(refused.value)


@pytest.mark.parametrize(("values", "said"), REFUSED)
def test_what_cannot_go_together_is_refused(values: dict[str, Any], said: str) -> None:
    """With words that say what to set."""
    with pytest.raises(RenderingError) as refused:
        render("minimal", values=values)
    assert said in str(refused.value)


@pytest.mark.parametrize("key", ["a_b", "A", "-a", "a-", "a" * 33, ""])
def test_a_key_that_the_driver_would_refuse_is_refused_here(key: str) -> None:
    """It stands in volume ids for ever, so it is right from the start."""
    assert not is_appliance_key(key)
    with pytest.raises(RenderingError, match="appliances"):
        render("minimal", values={"appliances": {key: APPLIANCE}})
