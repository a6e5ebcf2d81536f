"""The calls of the five CSI services: where each leads, and the guard that stands around every one.

No transport may enter. A service is an instance of a generated base (`wire.IdentityBase` ...) whose methods take one
message and return one; what it leaves out, and every service that is not given at all, answers UNIMPLEMENTED by name.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import betterproto
from grpclib import const
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline

from rds_csi_async.csi import wire

RequestT = TypeVar("RequestT", bound=betterproto.Message)
ResponseT = TypeVar("ResponseT", bound=betterproto.Message)
Handler = Callable[[RequestT], Awaitable[ResponseT]]
Metadata = Mapping[str, str]

Service = wire.IdentityBase | wire.ControllerBase | wire.GroupControllerBase | wire.SnapshotMetadataBase | wire.NodeBase

_BASES: tuple[type[Service], ...] = (
    wire.IdentityBase,
    wire.ControllerBase,
    wire.GroupControllerBase,
    wire.SnapshotMetadataBase,
    wire.NodeBase,
)


class Guard(Protocol):
    """What stands around every call: log line, metric, error to status.

    It sees every call of a method that CSI has, those included that never reach their service (a malformed body, a
    deadline that had passed, a method that is not implemented): then `handler` raises the refusal as a `GRPCError`,
    and `request` is an empty message if none could be read.
    """

    async def __call__(
        self,
        method: str,
        handler: Handler[RequestT, ResponseT],
        request: RequestT,
        metadata: Metadata,
        deadline: Deadline | None,
    ) -> ResponseT:
        """Await `handler(request)` once, and return what it returns.

        `method` is the path, such as "/csi.v1.Node/NodeStageVolume"; `metadata` is the caller's text headers.
        The call's task is cancelled at its deadline, when the caller cancels or goes away, and when a drain has waited
        long enough: `CancelledError` is to be let through.

        Raises:
            GRPCError: the refusal to send. Anything else is a bug of the guard: logged, and answered UNAVAILABLE.

        """
        ...


async def pass_through(
    method: str,  # noqa: ARG001 - the shape is Guard's
    handler: Handler[RequestT, ResponseT],
    request: RequestT,
    metadata: Metadata,  # noqa: ARG001 - the shape is Guard's
    deadline: Deadline | None,  # noqa: ARG001 - the shape is Guard's
) -> ResponseT:
    """Guard nothing: for tests and benchmarks of what lies beneath."""
    return await handler(request)


@dataclass(frozen=True, slots=True)
class Method:
    """One call: its path, what it takes, and what answers it."""

    path: str
    request_type: type[betterproto.Message]
    response_type: type[betterproto.Message]
    handler: Handler[Any, betterproto.Message]


def list_methods(services: Iterable[Service]) -> list[Method]:
    """Every call of all five services, answered by the given ones where they can.

    Raises:
        ValueError: two of the given services serve the same CSI service, or one serves none.

    """
    chosen = list(services)
    by_base = {_get_base(service): service for service in chosen}
    if len(by_base) != len(chosen):
        message = f"one service given twice: {[type(service).__name__ for service in chosen]}"
        raise ValueError(message)
    return [
        Method(path, rpc.request_type, rpc.reply_type, _find_handler(service, base, rpc) or _refusal(path))
        for base in _BASES
        for service in (by_base.get(base) or base(),)
        for path, rpc in service.__mapping__().items()
    ]


def refuse_with(error: GRPCError) -> Handler[Any, Any]:
    """Make a handler that answers everything with one error."""

    async def refuse(_request: betterproto.Message) -> betterproto.Message:
        raise error

    return refuse


def _get_base(service: Service) -> type[Service]:
    for base in _BASES:
        if isinstance(service, base):
            return base
    message = f"{type(service).__name__} serves no CSI service"
    raise ValueError(message)


def _find_handler(service: Service, base: type[Service], rpc: const.Handler) -> Handler[Any, Any] | None:
    """Find what answers a call; None where the service leaves the generated refusal in place, or the call streams."""
    name = rpc.func.__name__.removeprefix("__rpc_")
    if rpc.cardinality is not const.Cardinality.UNARY_UNARY or getattr(type(service), name) is getattr(base, name):
        return None
    handler: Handler[Any, Any] = getattr(service, name)
    return handler


def _refusal(path: str) -> Handler[Any, Any]:
    name = path.rpartition("/")[2]
    return refuse_with(GRPCError(const.Status.UNIMPLEMENTED, f"{name} is not implemented by this driver in this mode"))
