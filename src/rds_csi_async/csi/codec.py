"""The codec as grpclib takes it: for its client, and for whoever wants its own server."""

from typing import Any

import betterproto
from grpclib.encoding.base import CodecBase

from rds_csi_async.csi.decoding import decode_message
from rds_csi_async.csi.encoding import encode_message


class CsiCodec(CodecBase):
    """Encodes and decodes the messages of `wire` with the compiled codec."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:  # noqa: ANN401 - grpclib's signature
        """Encode a message, which has to be of the declared type.

        Raises:
            TypeError: it is of another.
            ValueError: a value does not fit its field.

        """
        if type(message) is not message_type or not isinstance(message, betterproto.Message):
            text = f"{message_type.__name__} declared, {type(message).__name__} given"
            raise TypeError(text)
        return encode_message(message)

    def decode(self, data: bytes, message_type: Any) -> Any:  # noqa: ANN401 - grpclib's signature
        """Decode a whole body.

        Raises:
            MalformedMessageError: it is no message of this type.

        """
        return decode_message(message_type, data)
