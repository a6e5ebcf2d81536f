"""TCP's own watch over a connection: the kernel gives up a peer that answers nothing."""

import socket
from typing import Final

_PROBES: Final = 3


def guard(connected: socket.socket, lost_after_s: float) -> None:
    """Bound the silence of a peer, on a quiet connection and on one with data under way; whole seconds, 4 at least.

    Where the kernel lacks one of these options (Linux has all), it is left out.
    """
    first_s = max(round(lost_after_s / 2), 1)
    values = {
        "TCP_KEEPIDLE": first_s,
        "TCP_KEEPINTVL": max(round((lost_after_s - first_s) / _PROBES), 1),
        "TCP_KEEPCNT": _PROBES,
        "TCP_USER_TIMEOUT": round(lost_after_s * 1000),
    }
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in values.items():
        option = getattr(socket, name, None)
        if option is not None:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
