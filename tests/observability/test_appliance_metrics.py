"""What is told of appliances shows on a scrape, and what is not known is not there."""

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rds_csi_async.domain.inventories import CountedVolume, Inventory
from rds_csi_async.domain.vitals import FAN_SPEED, STATE, TEMPERATURE, DiskArray, Sensor
from rds_csi_async.observability.appliance_metrics import MOST_VOLUME_SERIES, ApplianceMetrics
from rds_csi_async.observability.exposition import Format, render_chunks
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.appliance_telemetry import VERBS
from tests.contracts.appliance_telemetry import ApplianceTelemetryContract, Shown
from tests.observability.filled import ARRAYS, INVENTORY, TRAFFIC

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
SHOWS = {
    "inventory": ("rds_csi_pool_", "rds_csi_volumes", "rds_hardware_disk_pool_"),
    "traffic": ("rds_disk_",),
    "sensors": ("rds_csi_appliance_temperature", "rds_csi_appliance_sensor_ok", "rds_hardware_cpu"),
    "arrays": ("rds_csi_array_",),
}


def _scrape(metrics: Metrics) -> Samples:
    text = b"".join(render_chunks(metrics.list_families(), Format.TEXT)).decode()
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def _find(metrics: Metrics, name: str, **labels: str) -> float | None:
    wanted = set(labels.items())
    found = [value for (name_, pairs), value in _scrape(metrics).items() if name_ == name and wanted <= pairs]
    return found[0] if len(found) == 1 else None


class TestApplianceMetrics(ApplianceTelemetryContract):
    """See `ApplianceTelemetryContract`; what was told is read from a scrape."""

    @pytest.fixture
    def metrics(self) -> Metrics:
        """Start with nothing told."""
        return Metrics()

    @pytest.fixture
    def telemetry(self, metrics: Metrics) -> ApplianceMetrics:
        """Give the part that is examined."""
        return metrics.appliances

    @pytest.fixture
    def connected(self, metrics: Metrics) -> Callable[[str], float | None]:
        """Read it from a scrape."""
        return lambda appliance: _find(metrics, "rds_csi_rds_connection_state", appliance=appliance)

    @pytest.fixture
    def counted(self, metrics: Metrics) -> Callable[[str, str, bool], float]:
        """Read it from a scrape."""

        def counted(what: str, appliance: str, failed: bool) -> float:  # noqa: FBT001 - as the contract calls it
            outcome = "failure" if failed else "success"
            labels = {"command": {"verb": "find", "outcome": outcome}, "reconnect": {"status": outcome}}[what]
            name = {"command": "rds_csi_rds_commands_total", "reconnect": "rds_csi_rds_reconnect_total"}[what]
            return _find(metrics, name, appliance=appliance, **labels) or 0

        return counted

    @pytest.fixture
    def shown(self, metrics: Metrics) -> Shown:
        """Look for all families of a part; some but not all is as bad as a wrong answer."""

        def shown(part: str, appliance: str) -> bool:
            there = {name for name, labels in _scrape(metrics) if ("appliance", appliance) in labels}
            found = [any(name.startswith(prefix) for name in there) for prefix in SHOWS[part]]
            assert len(set(found)) == 1
            return found[0]

        return shown


def test_pools_and_volumes_are_counted() -> None:
    """A pool that is missing shows no size, and a state that no volume is in shows 0."""
    metrics = Metrics()
    metrics.appliances.record_inventory("rds", INVENTORY)
    pool = {"appliance": "rds", "pool": "pool1"}
    names = ("pool_size_bytes", "pool_free_bytes", "pool_provisioned_bytes", "pool_mounted")
    assert [_find(metrics, f"rds_csi_{name}", **pool) for name in names] == [1000, 400, 300, 1]
    assert _find(metrics, "rds_hardware_disk_pool_used_bytes", **pool) == 600
    assert _find(metrics, "rds_csi_pool_mounted", pool="pool2") == 0
    assert _find(metrics, "rds_csi_pool_size_bytes", pool="pool2") is None
    states = ("closed", "published", "shared")
    assert [_find(metrics, "rds_csi_volumes", state=state) for state in states] == [2, 1, 0]


def test_an_inventory_grows_old() -> None:
    """Its age is counted when somebody looks, and goes on when what it held is not known any more."""
    now_s = 30.0
    metrics = Metrics(clock=lambda: now_s, now=lambda: 1_000_000.0 + now_s)
    metrics.appliances.record_inventory("rds", INVENTORY)
    now_s = 45.0
    assert _find(metrics, "rds_csi_inventory_age_seconds") == 35
    metrics.appliances.record_inventory("rds", None)
    now_s = 60.0
    assert _find(metrics, "rds_csi_inventory_age_seconds") == 50
    assert _find(metrics, "rds_csi_inventory_last_success_timestamp_seconds", appliance="rds") == 1_000_010


def test_volumes_have_no_series_of_their_own_unasked() -> None:
    """There may be ten thousand of them."""
    metrics = Metrics()
    metrics.appliances.record_inventory("rds", INVENTORY)
    assert not [name for name, _ in _scrape(metrics) if name == "rds_csi_volume_size_bytes"]
    assert _find(metrics, "rds_csi_volume_series_left_out_total") == 0


def test_series_by_volume_are_capped_and_what_is_left_out_is_counted() -> None:
    """Over all appliances; one that shrinks makes room for the others."""
    metrics = Metrics(volume_series=4)
    appliances = metrics.appliances
    appliances.record_inventory("rds", INVENTORY)
    labels = {"pool": "pool1", "volume": "rds1-b", "claim": "default/data", "state": "published"}
    assert _find(metrics, "rds_csi_volume_size_bytes", appliance="rds", **labels) == 100
    appliances.record_inventory("other", INVENTORY)
    assert _find(metrics, "rds_csi_volume_series_left_out_total") == 2
    appliances.record_inventory("rds", Inventory(11.0))
    appliances.record_inventory("other", INVENTORY)
    shown = [labels for name, labels in _scrape(metrics) if name == "rds_csi_volume_size_bytes"]
    assert [("appliance", "other") in labels for labels in shown] == [True] * 3
    assert _find(metrics, "rds_csi_volume_series_left_out_total") == 2


def test_no_setting_lifts_the_cap() -> None:
    """A scrape must not hold the loop."""
    metrics = Metrics(volume_series=10**6)
    many = tuple(CountedVolume(f"rds1-{number}", "pool1", 1, "closed") for number in range(MOST_VOLUME_SERIES + 5))
    metrics.appliances.record_inventory("rds", Inventory(0.0, volumes=many))
    shown = [name for name, _ in _scrape(metrics) if name == "rds_csi_volume_size_bytes"]
    assert (len(shown), _find(metrics, "rds_csi_volume_series_left_out_total")) == (2000, 5)


def test_a_disk_shows_what_was_told_of_it_and_nothing_else() -> None:
    """A figure that is missing is absent, while its neighbour is shown."""
    metrics = Metrics(milliseconds=True)
    metrics.appliances.record_traffic("rds", {"pool-a": {"read_latency_seconds": 0.25}})
    assert _find(metrics, "rds_disk_read_latency_seconds", slot="pool-a") == 0.25
    assert _find(metrics, "rds_disk_read_latency_milliseconds", slot="pool-a") == 250
    assert _find(metrics, "rds_disk_write_latency_seconds") is None


def test_times_in_milliseconds_have_to_be_asked_for() -> None:
    """They are the same numbers under older names."""
    metrics = Metrics()
    metrics.appliances.record_traffic("rds", TRAFFIC)
    assert not [name for name, _ in _scrape(metrics) if name.endswith("_milliseconds")]


def test_a_sensor_shows_under_both_of_its_names() -> None:
    """By its unit, and as older dashboards call it if they know it."""
    metrics = Metrics()
    sensors = (
        Sensor("cpu-temperature", TEMPERATURE, 46.5),
        Sensor("fan1-speed", FAN_SPEED, 5200),
        Sensor("psu1-state", STATE, 0),
    )
    metrics.appliances.record_sensors("rds", sensors)
    assert _find(metrics, "rds_csi_appliance_temperature_celsius", sensor="cpu-temperature") == 46.5
    assert _find(metrics, "rds_hardware_cpu_temperature_celsius", appliance="rds") == 46.5
    assert _find(metrics, "rds_hardware_fan1_speed_rpm") == 5200
    assert _find(metrics, "rds_csi_appliance_sensor_ok", sensor="psu1-state") == 0
    assert _find(metrics, "rds_hardware_psu1_power_watts") is None


def test_an_array_shows_whether_it_is_whole() -> None:
    """One is clean; the other is being repaired, and one of its members has failed."""
    metrics = Metrics(now=lambda: 77.0)
    metrics.appliances.record_arrays("rds", (*ARRAYS, DiskArray("raid1", "clean, sync:repair, resync = 3%")))
    names = ("clean", "syncing", "failed_members")
    told = {
        array: [_find(metrics, f"rds_csi_array_{name}", array=array) for name in names]
        for array in ("raid10", "raid5", "raid1")
    }
    assert told == {"raid10": [1, 0, 0], "raid5": [0, 1, 1], "raid1": [1, 1, 0]}
    name = "rds_csi_appliance_health_last_success_timestamp_seconds"
    assert _find(metrics, name, part="arrays") == 77
    assert _find(metrics, name, part="sensors") is None
    metrics.appliances.record_arrays("rds", None)
    assert _find(metrics, name, part="arrays") == 77


def test_attempts_to_connect_show_from_the_first_word() -> None:
    """At 0, as soon as the appliance is known at all; so do the commands that it will be given."""
    metrics = Metrics()
    metrics.appliances.record_connection("rds", "192.0.2.1:22", up=True)
    name = "rds_csi_rds_reconnect_total"
    assert [_find(metrics, name, status=status) for status in ("success", "failure")] == [0, 0]
    name = "rds_csi_rds_commands_total"
    assert [_find(metrics, name, verb=verb, outcome="failure") for verb in VERBS] == [0] * len(VERBS)
