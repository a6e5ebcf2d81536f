"""What nvme-cli is told, and what it answers. Pure.

Every argument is one word, `--option=value`, so that no value is taken for an option. Its exit status is 1 for every
failure: only its words tell them apart (nvme-cli 2.3; libnvme's own words in later ones).
"""

from dataclasses import dataclass

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.errors import DriverError, HostError, NotReadyError, UnreachableError
from rds_csi_async.host.process import Completed


@dataclass(frozen=True, slots=True)
class NvmeSettings:
    """How the kernel keeps a connection. Times in seconds; None leaves the kernel's own choice."""

    ctrl_loss_timeout_s: int = 1800  # I/O waits as long; -1 is for ever
    reconnect_delay_s: int = 10
    keep_alive_s: int = 5
    io_queues: int | None = None


_ALREADY = "already connected"
_UNREACHABLE = {
    "connection refused": "nothing listens there",
    "connection timed out": "it does not answer",
    "no route to host": "there is no way to it",
    "network is unreachable": "there is no way to it",
    "host is down": "it does not answer",
    "connection reset": "it closed the connection",
    "failed to resolve host": "its name is not known here",
    "input/output error": "it does not know this name now, or does not let this node in",
}
_NOT_READY = {
    "no such file or directory": "this node has no NVMe over TCP (modprobe nvme-tcp)",
    "no such device": "this node has no NVMe over TCP (modprobe nvme-tcp)",
    "permission denied": "the driver may not use /dev/nvme-fabrics (is it root?)",
    "operation not permitted": "the driver may not use /dev/nvme-fabrics (is it root?)",
}


def render_connect(target: Target, settings: NvmeSettings) -> tuple[str, ...]:
    """Give the command that attaches the target, as its host."""
    queues = () if settings.io_queues is None else (f"--nr-io-queues={settings.io_queues}",)
    return (
        *("nvme", "connect", "--transport=tcp"),
        f"--traddr={target.address}",
        f"--trsvcid={target.port}",
        f"--nqn={target.nqn}",
        f"--hostnqn={target.host.nqn}",
        f"--hostid={target.host.host_id}",
        f"--ctrl-loss-tmo={settings.ctrl_loss_timeout_s}",
        f"--reconnect-delay={settings.reconnect_delay_s}",
        f"--keep-alive-tmo={settings.keep_alive_s}",
        *queues,
    )


def render_disconnect(nqn: str) -> tuple[str, ...]:
    """Give the command that ends all sessions of this name; that there is none is no failure of it."""
    return ("nvme", "disconnect", f"--nqn={nqn}")


def render_rescan(controller: str) -> tuple[str, ...]:
    """Give the command that has a controller's namespaces read anew; it does not wait for the end of that."""
    return ("nvme", "ns-rescan", f"/dev/{controller}")


def find_connect_error(done: Completed, target: Target) -> DriverError | None:
    """Say what went wrong; None when nothing did, or there is a connection already, which need not be a live one."""
    said = f"{done.stdout} {done.stderr}".lower()
    if done.exit_status == 0 or _ALREADY in said:
        return None
    where = f"{target.nqn} at {target.address}:{target.port}"
    for words, reason in _UNREACHABLE.items():
        if words in said:
            return UnreachableError(f"{where} could not be attached as {target.host.nqn}: {reason}")
    for words, reason in _NOT_READY.items():
        if words in said:
            return NotReadyError(f"{where} could not be attached: {reason}")
    return HostError(f"{where} could not be attached as {target.host.nqn}: nvme said {' '.join(said.split())[-600:]}")
