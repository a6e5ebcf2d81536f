"""The rendered settings are what the driver understands, and mean what the values say."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.app.config import Settings, load_settings
from rds_csi_async.app.node_wiring import parse_nvme_settings
from rds_csi_async.app.simulating import parse_pool
from rds_csi_async.cluster.kubernetes import IN_CLUSTER
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.host.nvme_cli import NvmeSettings
from tests.chart.rendering import Rendering, render

CREDENTIALS = "/etc/rds-csi/appliances/"


def _settings(rendering: Rendering, component: str, folder: Path) -> Settings:
    text = rendering.get_by_component("ConfigMap", component)["data"]["rds-csi.toml"]
    file = folder / f"{component}.toml"
    file.write_text(text)
    return load_settings({}, file, {"RDS_CSI_NODE_NAME": "worker-1"} if component == "node" else {})


def _appliances(rendering: Rendering, folder: Path) -> list[ConfiguredAppliance]:
    """Understand the controller's appliances, with host keys where the pod has them."""
    text = rendering.get_by_component("ConfigMap", "controller")["data"]["rds-csi.toml"]
    tables = tomllib.loads(text)["appliances"]
    for key, table in tables.items():
        table["host_key_file"] = str(folder / key)
        (folder / key).write_text("ssh-ed25519 AAAA\n")
    return parse_appliances(tables)


def test_the_controller_understands_its_settings(tmp_path: Path) -> None:
    """Every key, by the driver's own reader, which refuses unknown ones."""
    settings = _settings(render("full"), "controller", tmp_path)
    assert (settings.mode, settings.cluster_id, settings.driver_name) == (
        "controller",
        "our-cluster",
        "rds.example.org",
    )
    assert (settings.http_address, settings.log_level, settings.log_format) == ("[::]:9811", "debug", "json")
    assert settings.endpoint == "unix:///csi/csi.sock"
    assert (settings.survey_interval_s, settings.volume_series, settings.disk_time_units) == (30, 500, "both")


def test_the_node_understands_its_settings(tmp_path: Path) -> None:
    """The same, and how the kernel keeps connections."""
    settings = _settings(render("full"), "node", tmp_path)
    assert (settings.mode, settings.node_name, settings.max_volumes_per_node) == ("node", "worker-1", 64)
    assert (settings.http_address, settings.fabric) == ("[::]:9812", "nvme")
    assert str(settings.records_dir) == "/var/lib/k0s/kubelet/plugins/rds.example.org/volumes"
    assert parse_nvme_settings(settings.nvme) == NvmeSettings(-1, 10, 5, 4)
    assert parse_nvme_settings(_settings(render("minimal"), "node", tmp_path).nvme) == NvmeSettings()
    assert settings.appliances == {}


@pytest.mark.parametrize("component", ["controller", "node"])
def test_events_go_where_the_switch_says(component: str, tmp_path: Path) -> None:
    """To the cluster that the pod runs in, or to the log alone."""
    for enabled, kubeconfig in ((True, IN_CLUSTER), (False, "")):
        rendering = render("minimal", values={"events.enabled": enabled})
        assert _settings(rendering, component, tmp_path).kubeconfig == kubeconfig


def test_appliances_are_what_the_values_say(tmp_path: Path) -> None:
    """What an appliance says itself, and what holds for all of them."""
    first, second = _appliances(render("full"), tmp_path)
    assert (first.key, first.settings.host, first.settings.port) == ("first", "rds-1.example.org", 2200)
    assert (first.settings.user, first.nvme_address, first.settings.nvme_port) == ("volumes", "192.0.2.10", 4420)
    assert first.settings.key_file == Path(CREDENTIALS, "first", "private-key")
    assert first.settings.password_file is None
    assert first.settings.pools == (
        PoolSettings("fast", "raid1", "35e7406b-8020-5c93-8b40-feb1ad7fc3ad", "volumes", 1 << 40),
        PoolSettings("slow", "raid2", "5a3c8d52-9a41-4d39-8f8e-0d4de30c3e5b", "k8s", 0),
    )
    assert (second.settings.user, second.nvme_address, second.settings.port) == ("rds-csi", "2001:db8::10", 22)
    assert (second.settings.key_file, second.settings.nvme_port) == (None, 4421)
    assert second.settings.password_file == Path(CREDENTIALS, "second", "password")


def test_the_trials_pool_is_the_simulators(tmp_path: Path) -> None:
    """Slot and file system are what `rds-csi simulate` makes of the pool that the chart tells it."""
    rendering = render("trial")
    (one,) = _appliances(rendering, tmp_path)
    arguments = rendering.container("simulator", "simulator")["args"]
    told = next(text.removeprefix("--pool=") for text in arguments if text.startswith("--pool="))
    made = parse_pool(told)
    assert [(pool.slot, pool.fs_uuid) for pool in one.settings.pools] == [(made.name, made.fs_uuid)]
    assert _settings(rendering, "node", tmp_path).fabric == "loop:/var/lib/rds-csi-simulator/exports"


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", "ü", "'''", "#"])
def test_no_value_can_end_its_string(text: str, tmp_path: Path) -> None:
    """What a value holds is what the driver reads, whatever it is."""
    values: dict[str, Any] = {"appliances.rds.user": text, "poolDefaults.folder": text}
    (one,) = _appliances(render("minimal", values=values), tmp_path)
    assert (one.settings.user, one.settings.pools[0].folder) == (text, text)


def test_no_secret_is_in_the_settings() -> None:
    """Only paths, of files that a Secret fills."""
    for config in render("full").list_kind("ConfigMap"):
        text = config["data"].get("rds-csi.toml", "")
        assert "host_keys" not in text
        assert all(CREDENTIALS in line for line in text.splitlines() if "_file = " in line)
