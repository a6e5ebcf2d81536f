"""The kernel is told how long a peer may be silent."""

import socket

import pytest

from rds_csi_async.routeros.tcp import guard


@pytest.mark.parametrize(
    ("lost_after_s", "first_s", "between_s"),
    [(25.0, 12, 4), (60.0, 30, 10), (0.5, 1, 1)],
    ids=["usual", "long", "least"],
)
def test_a_silent_peer_is_given_up_in_time(lost_after_s: float, first_s: int, between_s: int) -> None:
    """First a quiet time, then a few probes; and data that nobody takes is not waited for any longer."""
    with socket.socket() as connected:
        guard(connected, lost_after_s)
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        set_s = [
            connected.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        ]
        assert set_s == [first_s, between_s, 3]
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == lost_after_s * 1000


def test_a_kernel_without_these_options_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the short command has to tell."""
    for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"):
        monkeypatch.delattr(socket, name)
    with socket.socket() as connected:
        guard(connected, 25.0)
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
