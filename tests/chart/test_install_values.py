"""`helm install` needs an appliance's address, its pool and the name of a Secret; whatever is wrong is named."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from rds_csi_async.domain.capabilities import SMALLEST_BYTES
from rds_csi_async.domain.identifiers import is_appliance_key
from rds_csi_async.domain.mount_options import find_bad_option
from tests.chart.rendering import CHART, RenderingError, render

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
    ({"appliances.rds.address": "192.0.2"}, "appliances/rds/address"),
    ({"appliances.rds.address": "999.0.2.1"}, "appliances/rds/address"),
    ({"appliances.rds.address": "rds 1"}, "appliances/rds/address"),
    ({"appliances.rds.adress": "192.0.2.10"}, "adress"),
    ({"appliances.rds.pools.main.fsuuid": "x"}, "fsuuid"),
    ({"controler": {}}, "controler"),
    ({"controller.replica": 2}, "replica"),
    ({"controller.replicas": 0}, "controller/replicas"),
    ({"controller.terminationGracePeriodSeconds": 10}, "controller/terminationGracePeriodSeconds"),
    ({"storageClassDefaults.fsType": "minix"}, "storageClassDefaults/fsType"),
    ({"storageClassDefaults.making": {"bytesPerInode": 1024}}, "storageClassDefaults/making/bytesPerInode"),
    ({"storageClassDefaults.making": {"reservedPercent": 51}}, "storageClassDefaults/making/reservedPercent"),
    ({"storageClassDefaults.session": {"ioQueues": 0}}, "storageClassDefaults/session/ioQueues"),
    (
        {"storageClassDefaults.session": {"ctrlLossTimeoutSeconds": 59}},
        "storageClassDefaults/session/ctrlLossTimeoutSeconds",
    ),
    ({"storageClassDefaults.making": {"blockSize": 1024}}, "storageClassDefaults/making"),
    ({"storageClasses.named": {"a": {"appliance": "rds"}}}, "pool"),
    ({"storageClassDefaults.mountOptions": ["noatime,foo"]}, "storageClassDefaults/mountOptions/0"),
    ({"logLevel": "loud"}, "logLevel"),
    ({"httpHost": "localhost:80"}, "httpHost"),
    ({"nameOverride": "RDS_"}, "nameOverride"),
    ({"storageCapacity.pollInterval": "0s"}, "storageCapacity/pollInterval"),
    ({"node.maxUnavailable": "0%"}, "node/maxUnavailable"),
    ({"kubeletDir": "var/lib/kubelet"}, "kubeletDir"),
    ({"sidecars.provisioner.timeout": "long"}, "sidecars/provisioner/timeout"),
    ({"sidecars.provisioner.workers": 0}, "sidecars/provisioner/workers"),
    ({"image.digest": "sha256:short"}, "image/digest"),
    ({"driverName": "_"}, "driverName"),
    ({"simulator.poolSize": "big"}, "simulator/poolSize"),
]
SECOND = {"appliance": "rds", "pool": "second"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"appliances": {}}, "appliances is empty"),
    ({"appliances.RDS": APPLIANCE}, 'appliances has the key "RDS"'),
    ({"appliances.rds.pools.A_": POOL}, 'appliances.rds.pools has the key "A_"'),
    ({"storageClasses.named": {"A": {"appliance": "rds", "pool": "main"}}}, 'storageClasses.named has the key "A"'),
    ({"clusterId": ""}, "clusterId is missing"),
    ({"simulator.enabled": True}, "appliances has to be empty"),
    ({"appliances.rds.address": "rds.example.org"}, "appliances.rds.nvmeAddress is missing"),
    ({"appliances.rds.secretKeys.privateKey": ""}, "appliances.rds.secretKeys"),
    ({"storageClasses.named": {"a": {"appliance": "other", "pool": "main"}}}, "storageClasses.named.a.appliance"),
    ({"storageClasses.named": {"a": {"appliance": "rds", "pool": "other"}}}, "storageClasses.named.a.pool"),
    ({"storageClasses.perPool": False}, "test.storageClassName is missing"),
    (
        {"storageCapacity.enabled": True, "storageClassDefaults.volumeBindingMode": "WaitForFirstConsumer"},
        'storageCapacity.enabled is true, and the StorageClass "rds-main" is WaitForFirstConsumer',
    ),
    (
        {"appliances": {"a": {**APPLIANCE, "pools": {"b-c": POOL}}, "a-b": {**APPLIANCE, "pools": {"c": POOL}}}},
        'two pools make a StorageClass of the name "a-b-c"',
    ),
    (
        {"appliances.rds.pools.second": POOL, "storageClasses.named": {"rds-main": SECOND}},
        "storageClasses.named.rds-main is for pool second",
    ),
    (
        {"appliances.rds.pools.second": POOL, "storageClassDefaults.isDefault": True},
        "isDefault is true of several StorageClasses: rds-main, rds-second",
    ),
    ({"sidecars.attacher.timeout": "1m59s"}, "sidecars.attacher.timeout is 1m59s: less than 120s"),
    ({"metrics.interval": "1m", "metrics.scrapeTimeout": "61s"}, "metrics.scrapeTimeout is 61s"),
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


def test_what_may_be_said_alone_or_together_is_taken() -> None:
    """A pool's class is said anew by its name; a time and its limit may be equal."""
    again = {"storageClasses.named": {"rds-main": {"appliance": "rds", "pool": "main", "isDefault": True}}}
    times = {"sidecars.attacher.timeout": "2m", "metrics.interval": "1m", "metrics.scrapeTimeout": "60s"}
    (one,) = render("minimal", values={**again, **times}).list_kind("StorageClass")
    assert one["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    for address, nvme in (("rds-1.example.org", "2001:db8::1"), ("192.0.2.255", ""), ("2001:db8::10", "10.0.0.1")):
        render("minimal", values={"appliances.rds.address": address, "appliances.rds.nvmeAddress": nvme})


def test_a_pattern_says_in_words_what_it_wants() -> None:
    """Helm shows the pattern and nothing else of the schema, so the words are in it, as the name of its group."""
    patterns = list(_patterns(json.loads((CHART / "values.schema.json").read_text())))
    assert len(patterns) > 10
    assert [text for text in patterns if not re.fullmatch(r"\^\(\?<[a-zA-Z]\w*_\w+>.*\)\$", text)] == []


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (each for key, each in schema.items() if key == "pattern" and isinstance(each, str))
        for each in schema.values():
            yield from _patterns(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _patterns(each)


def test_file_systems_and_mount_options_are_those_that_the_driver_takes() -> None:
    """Another one would be refused at the first claim, long after the installation."""
    definitions = json.loads((CHART / "values.schema.json").read_text())["definitions"]
    assert set(definitions["storageClass"]["properties"]["fsType"]["enum"]) == set(SMALLEST_BYTES)
    words, pairs, _ = definitions["mountOption"]["anyOf"]
    keys = re.findall(r"[a-z_-]+", pairs["pattern"].partition(">(")[2].partition(")=")[0])
    options = {*words["enum"], *(f"{key}=1" for key in keys)}
    assert find_bad_option(None, options) is None
    page = (CHART.parents[1] / "docs" / "storage-classes.md").read_text()
    named = {text.replace("=", "=1") for text in re.findall(r"`([a-z_-]+=?)`", page)}
    known = {option for option in named if find_bad_option(None, [option]) is None} - {"context=1"}
    assert "data=1" in known
    assert known <= options


def test_the_label_that_kubelet_passes_may_be_said_too() -> None:
    """In the words in which kubelet would."""
    label = 'context="system_u:object_r:container_file_t:s0:c1,c2"'
    assert find_bad_option("ext4", [label]) is None
    (one,) = render("minimal", values={"storageClassDefaults.mountOptions": [label]}).list_kind("StorageClass")
    assert one["mountOptions"] == [label]
