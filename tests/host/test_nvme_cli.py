"""Nothing that a caller names becomes an option, and every way to fail has its own class."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.errors import DriverError, HostError, NotReadyError, UnreachableError
from rds_csi_async.domain.session_options import SessionOptions
from rds_csi_async.host.nvme_cli import (
    NvmeSettings,
    find_connect_error,
    find_scan_reason,
    render_connect,
    render_disconnect,
    render_rescan,
)
from rds_csi_async.host.process import Completed
from tests.contracts.connections import HOST, NQN, OTHER

TARGET = Target(NQN, "192.0.2.1", 4420, HOST, 1 << 20)
FABRICS = "Failed to write to /dev/nvme-fabrics: {}\ncould not add new controller: {}\n"


def test_a_connection_is_asked_for_as_its_host() -> None:
    """With both halves of the pair, and the times that were set."""
    settings = NvmeSettings(ctrl_loss_timeout_s=600, reconnect_delay_s=2, keep_alive_s=3, io_queues=4)
    assert render_connect(TARGET, settings) == (
        *("nvme", "connect", "--transport=tcp", "--traddr=192.0.2.1", "--trsvcid=4420", f"--nqn={NQN}"),
        *(f"--hostnqn={HOST.nqn}", f"--hostid={HOST.host_id}"),
        *("--ctrl-loss-tmo=600", "--reconnect-delay=2", "--keep-alive-tmo=3", "--nr-io-queues=4"),
    )
    assert not any("queues" in word for word in render_connect(TARGET, NvmeSettings()))


def test_a_storage_class_goes_before_the_settings() -> None:
    """Where it says something."""
    settings = NvmeSettings(ctrl_loss_timeout_s=600, reconnect_delay_s=2, keep_alive_s=3, io_queues=4)
    for session, words in (
        (
            SessionOptions(2, -1, 20, 15),
            ("--ctrl-loss-tmo=-1", "--reconnect-delay=20", "--keep-alive-tmo=15", "--nr-io-queues=2"),
        ),
        (
            SessionOptions(io_queues=1),
            ("--ctrl-loss-tmo=600", "--reconnect-delay=2", "--keep-alive-tmo=3", "--nr-io-queues=1"),
        ),
    ):
        assert render_connect(replace(TARGET, session=session), settings)[-4:] == words


@given(st.text(min_size=1))
def test_a_name_stays_inside_its_word(name: str) -> None:
    """Whatever it looks like."""
    target = Target(name, name, 1, HOST, 1)
    words = render_connect(target, NvmeSettings())
    assert len(words) == len(render_connect(TARGET, NvmeSettings()))
    assert {f"--nqn={name}", f"--traddr={name}"} <= set(words)
    assert render_disconnect(name) == ("nvme", "disconnect", f"--nqn={name}")


def test_a_rescan_names_the_controller() -> None:
    """Not the device."""
    assert render_rescan("nvme3") == ("nvme", "ns-rescan", "/dev/nvme3")


@pytest.mark.parametrize(
    ("stderr", "error"),
    [
        (FABRICS.format("Input/output error", "failed to write to nvme-fabrics device"), UnreachableError),
        (FABRICS.format("Connection refused", "connection refused"), UnreachableError),
        (FABRICS.format("Connection timed out", "failed to write to nvme-fabrics device"), UnreachableError),
        (FABRICS.format("No route to host", "failed to write to nvme-fabrics device"), UnreachableError),
        ("failed to resolve host rds.example info\n", UnreachableError),
        ("Failed to open /dev/nvme-fabrics: No such file or directory\n", NotReadyError),
        ("Failed to open /dev/nvme-fabrics: Permission denied\n", NotReadyError),
        (FABRICS.format("Invalid argument", "invalid arguments/configuration"), HostError),
        ("", HostError),
    ],
)
def test_failures_are_told_apart(stderr: str, error: type[DriverError]) -> None:
    """By their words, since the exit status is always 1."""
    found = find_connect_error(Completed(("nvme", "connect"), 1, "", stderr), TARGET)
    assert type(found) is error
    assert NQN in str(found)


@pytest.mark.parametrize(
    ("line", "error", "reason"),
    [
        (
            f"nvme nvme0: Connect for subsystem {NQN} is not allowed, hostnqn: x",
            UnreachableError,
            "not let this node in",
        ),
        (f'nvme nvme0: Connect Invalid Data Parameter, subsysnqn "{NQN}"', UnreachableError, "not know this name"),
        (f'nvme nvme0: Connect Invalid Data Parameter, subsysnqn "{OTHER}"', UnreachableError, "or does not"),
    ],
)
def test_the_kernels_log_tells_refusals_apart(line: str, error: type[DriverError], reason: str) -> None:
    """Of this name alone: another connect may fail at the same time."""
    stderr = FABRICS.format("Input/output error", "failed to write to nvme-fabrics device")
    found = find_connect_error(Completed(("nvme", "connect"), 1, "", stderr), TARGET, ["nvme nvme0: hello", line])
    assert type(found) is error
    assert reason in str(found)


@pytest.mark.parametrize(
    ("line", "reason"),
    [("found same hostid a but different hostnqn b", "host id"), ("found same hostnqn a", "host NQN")],
)
def test_a_node_with_two_identities_is_named(line: str, reason: str) -> None:
    """Linux 6.12 refuses the second one with an invalid argument."""
    stderr = FABRICS.format("Invalid argument", "invalid arguments/configuration")
    found = find_connect_error(Completed(("nvme", "connect"), 1, "", stderr), TARGET, [f"nvme_fabrics: {line}"])
    assert type(found) is HostError
    assert reason in str(found)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (["nvme nvme3: ignoring nsid 1 because of duplicate IDs"], "identity is that of another"),
        (["nvme nvme3: identifiers changed for nsid 1"], "another device than before"),
        (["nvme nvme31: identifiers changed for nsid 1", "nvme nvme3: creating 1 I/O queues."], None),
    ],
)
def test_why_there_is_no_device_is_in_the_log(log: list[str], reason: str | None) -> None:
    """Of these controllers alone."""
    found = find_scan_reason(log, ["nvme3"])
    assert (reason in found) if reason is not None and found is not None else found is reason


@pytest.mark.parametrize("done", [(0, "", ""), (1, "", "already connected\n"), (1, "", "Already connected")])
def test_what_is_attached_already_is_no_failure(done: tuple[int, str, str]) -> None:
    """Whether it is usable is another question."""
    assert find_connect_error(Completed(("nvme", "connect"), *done), TARGET) is None
