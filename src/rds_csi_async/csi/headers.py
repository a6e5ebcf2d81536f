"""The headers of a call: what they say, or why they are none of ours.

As lenient as grpc-go is, and no client can make it raise anything but a refusal.
"""

import re
from dataclasses import dataclass

from grpclib.const import Status
from grpclib.metadata import Deadline

from rds_csi_async.csi.methods import Metadata

Headers = list[tuple[str, str]]

_TIMEOUT = re.compile(r"([0-9]{1,8})([HMSmun])")  # "TimeoutValue: positive integer as ASCII string of at most 8 digits"
_UNITS_S = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_CONTENT_TYPES = re.compile(r"application/grpc(\+proto)?(;.*)?")


class RefusedHeadersError(Exception):
    """The request is no gRPC call of ours, so no guard is told of it."""

    def __init__(self, http_status: int, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.http_status = http_status
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CallHeaders:
    """What a call's headers say."""

    path: str
    metadata: Metadata
    deadline: Deadline | None


def parse_headers(headers: Headers) -> CallHeaders:
    """Parse a call's headers; `te` may be missing, as for grpc-go.

    Raises:
        RefusedHeadersError: they are not those of a gRPC call.

    """
    by_name = dict(headers)
    method, content_type = by_name.get(":method"), by_name.get("content-type", "")
    if method != "POST":
        raise RefusedHeadersError(405, Status.INTERNAL, f"HTTP method {method!r}; gRPC uses POST")
    if not _CONTENT_TYPES.fullmatch(content_type):
        raise RefusedHeadersError(415, Status.INVALID_ARGUMENT, f"content type {content_type!r}; gRPC has its own")
    metadata = {name: text for name, text in headers if not name.startswith((":", "grpc-")) and name[-4:] != "-bin"}
    return CallHeaders(by_name.get(":path", ""), metadata, _parse_deadline(by_name.get("grpc-timeout")))


def _parse_deadline(timeout: str | None) -> Deadline | None:
    if timeout is None:
        return None
    match = _TIMEOUT.fullmatch(timeout)
    if match is None:
        raise RefusedHeadersError(400, Status.INTERNAL, f"malformed grpc-timeout {timeout!r}")
    return Deadline.from_timeout(int(match[1]) * _UNITS_S[match[2]])
