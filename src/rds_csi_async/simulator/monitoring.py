"""`/disk/monitor-traffic`: what goes on at a disk, in the form that hardware prints. The simulator sees none of it."""

from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.items import get_row
from rds_csi_async.simulator.menus import Menu
from rds_csi_async.simulator.values import NOTHING, Value, render_value

_KINDS = ("read", "write", "discard", "flush")
_PERIOD_S = 1
_REDRAW = "\x1b[H\x1b[J"  # without `once` the console draws the same again and again


async def monitor_traffic(menu: Menu, call: Invocation) -> Value:
    """Show a disk's counters, once or until the client has gone.

    Raises:
        Failure: there is no such disk.

    """
    session = call.machine.session
    await session.turns.begin_read(call.command.origin)
    row = await get_row(menu, call, "numbers")
    await session.turns.end_read(call.command.origin, 1, listing=False)
    text = "".join(f"{line}\r\n" for line in _render(render_value(row["slot"])))
    session.write(text)
    while not call.has("once"):
        await session.sleep(_PERIOD_S)
        await session.pause()
        session.write(_REDRAW + text)
    return NOTHING


def _render(slot: str) -> list[str]:
    fields = [("slot", slot)]
    for kind in _KINDS:
        bytes_too = [(f"{kind}-bytes", "0"), (f"{kind}-rate", "0bps")] if kind != "flush" else []
        fields += [(f"{kind}-ops", "0"), (f"{kind}-ops-per-second", "0"), *bytes_too]
        fields += [(f"{kind}-merges", "0")] * (kind != "flush") + [(f"{kind}-time", "0ms")]
    fields += [("in-flight-ops", "0"), ("active-time", "0ms"), ("wait-time", "0ms")]
    most = max(len(value) for _, value in fields)
    return [f"{name:>22}: {value:>{max(most, 15)}}" for name, value in fields]
