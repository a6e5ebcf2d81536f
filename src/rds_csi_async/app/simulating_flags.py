"""The flags of `rds-csi simulate` and `simulate-control`. It loads nothing of the simulator: all commands know them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rds_csi_async.app.simulating import SimulateOptions

_DEFAULT_POOL = "pool1=btrfs:64G"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Tell the parser what there is."""
    parser.add_argument("--root", type=Path, required=True, help="folder for all that the appliance keeps")
    parser.add_argument("--listen", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=2222, help="port to listen on, 0 for any free one (default: 2222)")
    parser.add_argument(
        "--pool", action="append", metavar="NAME=FS:SIZE", help=f"a pool; may be repeated (default: {_DEFAULT_POOL})"
    )
    parser.add_argument("--client-key", type=Path, help="private key that may log in (default: one made in the root)")
    parser.add_argument("--host-key", type=Path, help="private key that it shows (default: one made in the root)")
    parser.add_argument(
        "--export",
        choices=("folder", "nvmet"),
        default="folder",
        help="how volumes are exported: told in <root>/exports, or over NVMe/TCP by this kernel's target (root)",
    )
    parser.add_argument("--address", default="127.0.0.1", help="where they are over NVMe/TCP (default: 127.0.0.1)")
    parser.add_argument(
        "--profile", default="instant", choices=["instant", "rds2216"], help="how long things take (default: instant)"
    )
    parser.add_argument(
        "--scheduling",
        default="overlapping",
        choices=["overlapping", "serialised"],
        help="whether changes of different sessions overlap or wait for each other (default: overlapping)",
    )
    parser.add_argument(
        "--fault",
        action="append",
        metavar="WORDS",
        help="something that goes wrong from the start, as 'drop-after match=/disk/add'; may be repeated",
    )
    parser.add_argument("--quirk", help="one thing in which it differs from what is known (docs/simulator.md)")
    parser.add_argument("--seed", type=int, default=0, help="what all chance is drawn from (default: 0)")
    parser.add_argument("--max-sessions", type=int, default=20, help="connections at once, 0 for any (default: 20)")
    parser.add_argument("--max-channels", type=int, default=0, help="channels of a connection, 0 for any (default: 0)")
    parser.add_argument(
        "--print-width", type=int, default=0, help="where print wraps without a terminal, 0 for nowhere (default: 0)"
    )
    parser.add_argument("--max-slot", type=int, default=32, help="characters of a slot (default: 32)")
    parser.add_argument(
        "--routeros", default="7.23.3 (stable)", help="the version that it is (default: 7.23.3 (stable))"
    )


def add_control_flags(parser: argparse.ArgumentParser) -> None:
    """Tell the parser what `simulate-control` takes."""
    parser.add_argument("--root", type=Path, required=True, help="the folder of the simulator that runs")
    parser.add_argument(
        "words", nargs="+", help="what is asked of it, as: fault hang match=/disk/add (all of it: docs/simulator.md)"
    )


def read_flags(given: argparse.Namespace) -> "SimulateOptions":
    """Make the options of what was given."""
    from rds_csi_async.app.simulating import SimulateOptions  # noqa: PLC0415 - only this command loads the simulator

    return SimulateOptions(
        root=given.root.absolute(),
        listen=given.listen,
        port=given.port,
        pools=tuple(given.pool or [_DEFAULT_POOL]),
        client_key=given.client_key,
        host_key=given.host_key,
        export=given.export,
        address=given.address,
        profile=given.profile,
        scheduling=given.scheduling,
        seed=given.seed,
        most_sessions=given.max_sessions,
        most_channels=given.max_channels,
        most_slot_characters=given.max_slot,
        print_width=given.print_width,
        version=given.routeros,
        quirk=given.quirk,
        faults=tuple(given.fault or ()),
    )
