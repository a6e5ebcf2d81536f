"""The command line: `rds-csi run`, `rds-csi simulate`, `rds-csi public-key`, `rds-csi demo`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import cast

from rds_csi_async.app.config import load_settings, scalar_fields
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.observability.logs import LogForm, configure_logging


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give its exit status: 0 fine, 1 it failed, 2 it was not understood."""
    options = _build_parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except DriverError as error:
        sys.stderr.write(f"rds-csi: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rds-csi", description="A CSI driver for MikroTik ROSE Data Servers.")
    parser.add_argument("--version", action="version", version=version("rds-csi-async"))
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_run(commands.add_parser("run", help="serve CSI (flags win over RDS_CSI_* variables, these over the file)"))
    _add_simulate(commands.add_parser("simulate", help="be a mock appliance that one can log in to"))
    _add_public_key(commands.add_parser("public-key", help="write the public half of a private key"))
    _add_demo(commands.add_parser("demo", help="show a volume's whole life against a mock appliance"))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file with the appliances, and any of the settings below")
    for name, one in scalar_fields().items():
        default = f" (default: {one.default})" if one.default not in {"", 0} else ""
        parser.add_argument(f"--{name.replace('_', '-')}", help=one.metadata["help"] + default)
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from rds_csi_async.app.running import run_until_signalled  # noqa: PLC0415 - each command loads only what it needs

    settings = load_settings({name: getattr(options, name) for name in scalar_fields()}, options.config)
    configure_logging(cast("LogForm", settings.log_format), settings.log_level)
    asyncio.run(run_until_signalled(settings))
    return 0


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, required=True, help="folder for all that the appliance keeps")
    parser.add_argument("--listen", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=2222, help="port to listen on, 0 for any free one (default: 2222)")
    parser.add_argument(
        "--pool", action="append", metavar="NAME=FS:SIZE", help="a pool; may be repeated (default: pool1=btrfs:64G)"
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
    parser.set_defaults(command=_simulate)


def _simulate(options: argparse.Namespace) -> int:
    from rds_csi_async.app.simulating import SimulateOptions, simulate_until_signalled  # noqa: PLC0415 - as above

    pools = tuple(options.pool or ["pool1=btrfs:64G"])
    configure_logging("auto", "info")
    told = SimulateOptions(
        root=options.root.absolute(),
        listen=options.listen,
        port=options.port,
        pools=pools,
        client_key=options.client_key,
        host_key=options.host_key,
        export=options.export,
        address=options.address,
    )
    asyncio.run(simulate_until_signalled(told))
    return 0


def _add_public_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("private", type=Path, help="the private key's file")
    parser.add_argument("--output", type=Path, required=True, help="where to write it, as OpenSSH does")
    parser.set_defaults(command=_public_key)


def _public_key(options: argparse.Namespace) -> int:
    from rds_csi_async.app.simulating import write_public_key  # noqa: PLC0415 - as above

    write_public_key(options.private, options.output)
    return 0


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="leave everything running, and say how to talk to it")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--picture", type=Path, metavar="SVG", help="write a picture of the screen too")
    parser.set_defaults(command=_demo)


def _demo(options: argparse.Namespace) -> int:
    from rds_csi_async.app.demo import run_demo  # noqa: PLC0415 - as above

    return run_demo(options.folder, options.picture, keep=options.keep)


if __name__ == "__main__":
    sys.exit(main())
