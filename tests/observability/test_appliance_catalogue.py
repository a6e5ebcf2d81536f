"""What can be told of an appliance has a family, with the appliance among its labels."""

from rds_csi_async.domain.inventories import VOLUME_STATES
from rds_csi_async.domain.vitals import FIGURES, NAMED_SENSORS, UNITS
from rds_csi_async.observability import appliance_catalogue
from rds_csi_async.observability.exposition import Kind


def test_each_tells_which_appliance() -> None:
    """But for the count of what was left out, which is about the process."""
    without = [each.name for each in appliance_catalogue.APPLIANCE_DEFINITIONS if "appliance" not in each.labels]
    assert without == ["rds_csi_volume_series_left_out_total"]


def test_no_gauge_begins_with_a_number() -> None:
    """What nobody has told yet is not there."""
    gauges = [each for each in appliance_catalogue.APPLIANCE_DEFINITIONS if each.kind is Kind.GAUGE]
    assert all(each.unknown for each in gauges)
    assert len(gauges) > 20


def test_all_that_the_domain_knows_has_a_family() -> None:
    """Every figure, every unit, every sensor with a name of its own, every state."""
    assert set(appliance_catalogue.FIGURE_GAUGES) == {figure.name for figure in FIGURES}
    assert set(appliance_catalogue.SENSOR_GAUGES) == {measure.name for measure in UNITS}
    assert set(appliance_catalogue.HARDWARE_GAUGES) == set(NAMED_SENSORS.values())
    assert appliance_catalogue.VOLUMES.labels["state"] == VOLUME_STATES


def test_the_older_names_of_times_are_apart() -> None:
    """They are not base units, so `promtool` complains of them."""
    shown = {each.name for each in appliance_catalogue.APPLIANCE_DEFINITIONS}
    older = {each.name for each in appliance_catalogue.MILLISECOND_GAUGES.values()}
    assert older == {
        "rds_disk_read_latency_milliseconds",
        "rds_disk_write_latency_milliseconds",
        "rds_disk_wait_latency_milliseconds",
        "rds_disk_active_time_milliseconds",
    }
    assert not shown & older
