"""What nvme-cli is told, and what it answers. Pure.

Every argument is one word, `--option=value`, so that no value is taken for an option. Its exit status is 1 for every
failure: only its words tell them apart (nvme-cli 2.3; libnvme's own words in later ones).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.errors import DriverError, HostError, NotReadyError, UnreachableError
from rds_csi_async.host.process import Completed


@dataclass(frozen=True, slots=True)
class NvmeSettings:
    """How connections are made and kept. Times in seconds; None leaves the kernel's own choice."""

    ctrl_loss_timeout_s: int = 1800  # I/O waits as long; -1 is for ever
    reconnect_delay_s: int = 10
    keep_alive_s: int = 5
    io_queues: int | None = None
    parallel_connects: int = 8


_ALREADY = "already connected"
_UNREACHABLE = {
    "connection refused": "nothing listens there",
    "connection timed out": "it does not answer",
    "no route to host": "there is no way to it",
    "network is unreachable": "there is no way to it",
    "host is down": "it does not answer",
    "connection reset": "it closed the connection",
    "failed to resolve host": "its name is not known here",
    "input/output error": "it does not know this name now, or does not let this node in",  # the kernel's log knows
}
_NOT_READY = {
    "no such file or directory": "this node has no NVMe over TCP (modprobe nvme-tcp)",
    "no such device": "this node has no NVMe over TCP (modprobe nvme-tcp)",
    "permission denied": "the driver may not use /dev/nvme-fabrics (is it root?)",
    "operation not permitted": "the driver may not use /dev/nvme-fabrics (is it root?)",
}
# What the kernel logs while it connects (nvme_fabrics), and what it means; {nqn} is the name that was asked for.
_LOGGED = {
    "Connect for subsystem {nqn} is not allowed": "it does not let this node in",
    'Connect Invalid Data Parameter, subsysnqn "{nqn}"': "it does not know this name now",
    "found same hostid": "this node is connected under another host NQN with the same host id",
    "found same hostnqn": "this node is connected with another host id under the same host NQN",
}
# And while it reads a controller's namespaces; before each stands `nvme <controller>: `.
_SCANNED = {
    "duplicate IDs": "its identity is that of another device which this node has attached, so the kernel ignores it",
    "identifiers changed for nsid": "it is another device than before under the same name, so the kernel let go of it",
}


def render_connect(target: Target, settings: NvmeSettings) -> tuple[str, ...]:
    """Give the command that attaches the target, as its host; what its StorageClass says goes before the settings."""
    said = target.session
    io_queues = said.io_queues or settings.io_queues
    queues = () if io_queues is None else (f"--nr-io-queues={io_queues}",)
    return (
        *("nvme", "connect", "--transport=tcp"),
        f"--traddr={target.address}",
        f"--trsvcid={target.port}",
        f"--nqn={target.nqn}",
        f"--hostnqn={target.host.nqn}",
        f"--hostid={target.host.host_id}",
        f"--ctrl-loss-tmo={said.ctrl_loss_timeout_s or settings.ctrl_loss_timeout_s}",
        f"--reconnect-delay={said.reconnect_delay_s or settings.reconnect_delay_s}",
        f"--keep-alive-tmo={said.keep_alive_s or settings.keep_alive_s}",
        *queues,
    )


def render_disconnect(nqn: str) -> tuple[str, ...]:
    """Give the command that ends all sessions of this name; that there is none is no failure of it."""
    return ("nvme", "disconnect", f"--nqn={nqn}")


def render_rescan(controller: str) -> tuple[str, ...]:
    """Give the command that has a controller's namespaces read anew; it does not wait for the end of that."""
    return ("nvme", "ns-rescan", f"/dev/{controller}")


def find_connect_error(done: Completed, target: Target, log: Sequence[str] = ()) -> DriverError | None:
    """Say what went wrong; None when nothing did, or there is a connection already, which need not be a live one.

    `log` is what the kernel said meanwhile: only there it tells some reasons apart.
    """
    said = f"{done.stdout} {done.stderr}".lower()
    if done.exit_status == 0 or _ALREADY in said:
        return None
    where = f"{target.nqn} at {target.address}:{target.port}"
    logged = find_logged_reason(log, target.nqn)
    for words, reason in _UNREACHABLE.items():
        if words in said:
            return UnreachableError(f"{where} could not be attached as {target.host.nqn}: {logged or reason}")
    for words, reason in _NOT_READY.items():
        if words in said:
            return NotReadyError(f"{where} could not be attached: {reason}")
    reason = logged or f"nvme said {' '.join(said.split())[-600:]}"
    return HostError(f"{where} could not be attached as {target.host.nqn}: {reason}")


def find_logged_reason(log: Sequence[str], nqn: str) -> str | None:
    """Find in the kernel's words why a connect to this name failed."""
    wanted = {words.format(nqn=nqn): reason for words, reason in _LOGGED.items()}
    return next((reason for words, reason in wanted.items() if any(words in line for line in log)), None)


def find_scan_reason(log: Sequence[str], controllers: Sequence[str]) -> str | None:
    """Find in the kernel's words why one of these controllers has no device."""
    own = [line for line in log if line.startswith(tuple(f"nvme {name}: " for name in controllers))]
    return next((reason for words, reason in _SCANNED.items() if any(words in line for line in own)), None)
