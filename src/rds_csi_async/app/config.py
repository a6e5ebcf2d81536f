"""Settings: flags win over `RDS_CSI_*` variables, these over the TOML file, that over the defaults.

The only module that reads the environment. Every wrong setting is named with where it came from; an unknown key is an
error, since a misspelt one would be silently another setting.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rds_csi_async.domain.errors import DriverError

DRIVER_NAME = "rds-csi-async.github.io"
VARIABLE_PREFIX = "RDS_CSI_"
MODES = ("controller", "node", "all")
TABLES = ("appliances", "nvme")  # what only the file can say


class SettingsError(DriverError):
    """The settings cannot be used; the message names each that is wrong."""


def _setting(default: Any, text: str) -> Any:  # noqa: ANN401 - a field's default may be of any of the types below
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True)
class Settings:
    """All that `rds-csi run` can be told. A name is a flag (`--node-name`), a variable, and a key of the file."""

    mode: str = _setting("all", f"which services to serve: {', '.join(MODES)}")
    endpoint: str = _setting("unix:///csi/csi.sock", "the CSI socket")
    cluster_id: str = _setting("", "whose volumes these are: the UID of the kube-system namespace")
    driver_name: str = _setting(DRIVER_NAME, "the name in CSIDriver and StorageClass objects (for forks)")
    node_name: str = _setting("", "the name of this node in the cluster (modes node and all)")
    kubelet_dir: str = _setting("/var/lib/kubelet", "kubelet's folder")
    state_dir: str = _setting("", "the node's state files (default: <kubelet-dir>/plugins/<driver-name>/volumes)")
    fabric: str = _setting("nvme", "nvme, or loop:<exports folder of a simulator on this machine> for a trial")
    http_address: str = _setting("0.0.0.0:9809", "where /metrics, /healthz, /readyz are served; port 0 for any")
    scan_interval_s: int = _setting(60, "seconds between two looks at the volumes staged on this node")
    survey_interval_s: int = _setting(60, "seconds between two looks at what appliances hold and how they fare")
    volume_series: int = _setting(0, "how many volumes get metrics of their own (at most 2000)")
    disk_time_units: str = _setting("seconds", "of rds_disk_* metrics: seconds, or both for milliseconds too")
    orphan_grace_s: int = _setting(900, "seconds after which a connection that nothing uses is ended; 0 for never")
    max_volumes_per_node: int = _setting(0, "how many volumes the scheduler may give this node; 0 for any number")
    grace_s: int = _setting(25, "seconds that calls under way get to end after SIGTERM")
    log_level: str = _setting("info", "debug, info, warning or error")
    log_format: str = _setting("auto", "auto, human or json")
    kubeconfig: str = _setting("", "the Kubernetes API, for events: in-cluster, or a kubeconfig file (default: none)")
    program_path: str = _setting("", "where mkfs, mount, nvme ... are looked for (default: the usual folders)")
    appliances: Mapping[str, Any] = field(default_factory=dict)
    nvme: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None  # where all this was read, so that what may change while the driver runs is read again

    @property
    def has_controller(self) -> bool:
        """Whether the controller's service is served."""
        return self.mode in {"controller", "all"}

    @property
    def has_node(self) -> bool:
        """Whether the node's service is served."""
        return self.mode in {"node", "all"}

    @property
    def socket_path(self) -> Path:
        """The CSI socket's path."""
        return Path(self.endpoint.removeprefix("unix://"))

    @property
    def records_dir(self) -> Path:
        """Where the node keeps its state files."""
        return Path(self.state_dir or f"{self.kubelet_dir}/plugins/{self.driver_name}/volumes")

    @property
    def http_host_and_port(self) -> tuple[str, int]:
        """Where HTTP is served."""
        host, _, port = self.http_address.rpartition(":")
        return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - an empty host means every address


def scalar_fields() -> dict[str, Any]:
    """Give the settings that flags and variables can say: name to default."""
    return {one.name: one for one in fields(Settings) if "help" in one.metadata}


def load_settings(
    flags: Mapping[str, str | None], file: Path | None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Put the settings together.

    Raises:
        SettingsError: one cannot be used, or the file cannot be read.

    """
    chosen: dict[str, Any] = {}
    problems: list[str] = []
    known = scalar_fields()
    table = read_file(file) if file else {}
    problems += [f"{file}: unknown key {key!r}" for key in table if key not in known and key not in TABLES]
    variables = os.environ if environ is None else environ  # noqa: TID251 - the one place that may
    for name, one in known.items():
        source, value = _find_said(name, flags, variables, table)
        if value is not None:
            try:
                chosen[name] = type(one.default)(value)
            except ValueError:
                problems.append(f"{source} is {value!r}, which is no number")
    settings = Settings(**chosen, **{key: table[key] for key in TABLES if key in table}, file=file)
    problems += _find_problems(settings)
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def read_file(file: Path) -> dict[str, Any]:
    """Read a file of settings as it is. Blocks.

    Raises:
        SettingsError: it cannot be read, or is no TOML.

    """
    try:
        return tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        message = f"the file {file} cannot be read: {error}"
        raise SettingsError(message) from error


def _find_said(
    name: str, flags: Mapping[str, str | None], variables: Mapping[str, str], table: Mapping[str, Any]
) -> tuple[str, Any]:
    """Give the first source that says something about a setting, and what it says."""
    variable = VARIABLE_PREFIX + name.upper()
    said = (f"--{name.replace('_', '-')}", flags.get(name)), (variable, variables.get(variable))
    return next((one for one in said if one[1] is not None), (f"{name} in the file", table.get(name)))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) < 1 << 16


def _find_problems(settings: Settings) -> list[str]:
    checks = {
        f"mode {settings.mode!r} is none of {', '.join(MODES)}": settings.mode in MODES,
        f"endpoint {settings.endpoint!r} is no absolute unix:// path": settings.socket_path.is_absolute(),
        "cluster-id is missing: give the UID of the kube-system namespace, or a name that never changes": bool(
            settings.cluster_id
        ),
        "node-name is missing": bool(settings.node_name) or not settings.has_node,
        "no appliance is configured: add [appliances.<key>] to the file": bool(settings.appliances)
        or not settings.has_controller,
        f"fabric {settings.fabric!r} is neither nvme nor loop:<folder>": settings.fabric == "nvme"
        or settings.fabric.startswith("loop:/"),
        f"http-address {settings.http_address!r} is no host:port": _is_port(settings.http_address.rpartition(":")[2]),
        "a number is negative": min(
            settings.max_volumes_per_node, settings.grace_s, settings.orphan_grace_s, settings.volume_series
        )
        >= 0,
        f"scan-interval-s {settings.scan_interval_s} is less than 1": settings.scan_interval_s > 0,
        f"survey-interval-s {settings.survey_interval_s} is less than 1": settings.survey_interval_s > 0,
        f"disk-time-units {settings.disk_time_units!r} is neither seconds nor both": settings.disk_time_units
        in {"seconds", "both"},
        f"log-level {settings.log_level!r} is unknown": settings.log_level in {"debug", "info", "warning", "error"},
        f"log-format {settings.log_format!r} is unknown": settings.log_format in {"auto", "human", "json"},
        "cluster-id is longer than 64 characters": len(settings.cluster_id) <= 64,  # noqa: PLR2004 - the record's room
    }
    return [problem for problem, fine in checks.items() if not fine]
