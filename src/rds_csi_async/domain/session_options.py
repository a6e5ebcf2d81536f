"""How a volume's connection is made and kept, as a StorageClass says it; carried in the volume context.

What is not said is the node's own choice (`[nvme]` of its settings). The bounds: a session that is given up sooner than
an appliance needs to start again loses what was not written yet, one that never tries again is no better; and the
kernel takes no keep-alive of 0 for a session that is used (Linux, drivers/nvme/host/fabrics.c).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rds_csi_async.domain.parameters import Parameter, encode_parameters, number, parse_parameters

FOR_EVER = -1
_KNOWN = {
    "ioQueues": Parameter("io_queues", number(1, 128)),
    "ctrlLossTimeoutSeconds": Parameter("ctrl_loss_timeout_s", number(60, 86400, FOR_EVER)),
    "reconnectDelaySeconds": Parameter("reconnect_delay_s", number(1, 60)),
    "keepAliveSeconds": Parameter("keep_alive_s", number(1, 60)),
}
SESSION_KEYS = tuple(_KNOWN)


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What was said. 0: nothing."""

    io_queues: int = 0
    ctrl_loss_timeout_s: int = 0  # FOR_EVER: I/O waits for ever
    reconnect_delay_s: int = 0
    keep_alive_s: int = 0


AS_THE_NODE = SessionOptions()


def parse_session_options(texts: Mapping[str, str]) -> SessionOptions:
    """Read what is said of it, whatever else is there.

    Raises:
        InvalidRequestError: a value is out of bounds.

    """
    return SessionOptions(**parse_parameters(_KNOWN, texts))


def encode_session_options(options: SessionOptions) -> dict[str, str]:
    """Write down what was said: the volume context, and the node's state file."""
    return encode_parameters(_KNOWN, options, AS_THE_NODE)
