"""What was sent, as against what merely reads as empty.

betterproto answers an unset sub-message with an empty one, and raises for the member of a oneof that is not chosen.
Presence is asked here and nowhere else.
"""

from typing import TypeVar

import betterproto

from rds_csi_async.csi.shapes import list_fields

MessageT = TypeVar("MessageT", bound=betterproto.Message)


def find_sent(message: MessageT) -> MessageT | None:
    """Return a sub-message of a request if the caller sent it, empty or not; None if it is unset."""
    return message if betterproto.serialized_on_wire(message) else None


def find_choice(message: betterproto.Message, oneof: str) -> str | None:
    """Name the member of a oneof that the caller chose; None when none was.

    Raises:
        KeyError: the message has no such oneof.

    """
    if oneof not in {field.oneof for field in list_fields(type(message))}:
        raise KeyError(oneof)
    return betterproto.which_one_of(message, oneof)[0] or None
