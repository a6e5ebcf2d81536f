"""Every setting has one meaning, and every wrong one is named."""

from pathlib import Path

import pytest

from rds_csi_async.app.config import Settings, SettingsError, load_settings, scalar_fields

_ENOUGH = {"cluster_id": "c", "node_name": "n", "mode": "node"}


def _load(flags: dict[str, str | None], file: Path | None = None, **variables: str) -> Settings:
    return load_settings({**_ENOUGH, **flags}, file, variables)


def test_flags_win_over_variables_and_these_over_the_file(tmp_path: Path) -> None:
    """In this order, each for itself."""
    file = tmp_path / "a.toml"
    file.write_text('driver_name = "from.file"\nkubelet_dir = "/from/file"\nlog_level = "debug"\n')
    settings = _load({"driver_name": "from.flag"}, file, RDS_CSI_DRIVER_NAME="x", RDS_CSI_KUBELET_DIR="/from/variable")
    chosen = (settings.driver_name, settings.kubelet_dir, settings.log_level)
    assert chosen == ("from.flag", "/from/variable", "debug")


def test_the_node_keeps_its_state_under_kubelets_folder() -> None:
    """Where it survives the driver's pod, and is the driver's own."""
    assert _load({}).records_dir == Path("/var/lib/kubelet/plugins/rds-csi-async.github.io/volumes")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"mode": "both"}, "mode 'both' is none of controller, node, all"),
        ({"endpoint": "tcp://0.0.0.0:1"}, "no absolute unix:// path"),
        ({"cluster_id": ""}, "cluster-id is missing"),
        ({"cluster_id": "c" * 65}, "longer than 64"),
        ({"node_name": ""}, "node-name is missing"),
        ({"mode": "all"}, "no appliance is configured"),
        ({"fabric": "loop:relative"}, "neither nvme nor loop:"),
        ({"http_address": "nowhere"}, "no host:port"),
        ({"http_address": "127.0.0.1:99999"}, "no host:port"),
        ({"grace_s": "-1"}, "negative"),
        ({"volume_series": "-1"}, "negative"),
        ({"survey_interval_s": "0"}, "survey-interval-s 0 is less than 1"),
        ({"disk_time_units": "milliseconds"}, "disk-time-units 'milliseconds' is neither seconds nor both"),
        ({"grace_s": "soon"}, "--grace-s is 'soon', which is no number"),
        ({"log_level": "loud"}, "log-level 'loud'"),
        ({"log_format": "xml"}, "log-format 'xml'"),
    ],
)
def test_what_cannot_be_used_is_named(flags: dict[str, str | None], said: str) -> None:
    """The message says which setting, and what it may be."""
    with pytest.raises(SettingsError, match=said):
        _load(flags)


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    """Nobody has to mend one thing to hear of the next."""
    file = tmp_path / "a.toml"
    file.write_text('clutser_id = "x"\n')
    with pytest.raises(SettingsError, match=r"unknown key 'clutser_id'.*mode 'both'"):
        _load({"mode": "both"}, file)


@pytest.mark.parametrize("text", ["a = ", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    """Broken, or not there."""
    file = tmp_path / "a.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=r"a\.toml cannot be read"):
        _load({}, file)


def test_every_setting_says_what_it_is_for() -> None:
    """The help of each flag comes from here."""
    assert all(one.metadata["help"] for one in scalar_fields().values())
