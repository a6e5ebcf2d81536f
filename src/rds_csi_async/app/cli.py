"""The command line: `rds-csi run`, `simulate` and its `simulate-control`, `public-key`, `demo`, `doctor`, `top`."""

import argparse
import asyncio
import json
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
    _add_control(
        commands.add_parser("simulate-control", help="make faults in a mock appliance, and ask what it counted")
    )
    _add_public_key(commands.add_parser("public-key", help="write the public half of a private key"))
    _add_demo(commands.add_parser("demo", help="show a volume's whole life against a mock appliance"))
    _add_doctor(commands.add_parser("doctor", help="tell whether the driver can work with an appliance"))
    _add_top(commands.add_parser("top", help="show how it goes with the driver, from its metrics"))
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
    from rds_csi_async.app.simulating_flags import add_flags  # noqa: PLC0415 - each command loads only what it needs

    add_flags(parser)
    parser.set_defaults(command=_simulate)


def _simulate(options: argparse.Namespace) -> int:
    from rds_csi_async.app.simulating import simulate_until_signalled  # noqa: PLC0415 - as above
    from rds_csi_async.app.simulating_flags import read_flags  # noqa: PLC0415 - as above

    configure_logging("auto", "info")
    asyncio.run(simulate_until_signalled(read_flags(options)))
    return 0


def _add_control(parser: argparse.ArgumentParser) -> None:
    from rds_csi_async.app.simulating_flags import add_control_flags  # noqa: PLC0415 - as above

    add_control_flags(parser)
    parser.set_defaults(command=_control)


def _control(options: argparse.Namespace) -> int:
    from rds_csi_async.app.simulating import control  # noqa: PLC0415 - as above

    answer = asyncio.run(control(options.root, options.words))
    sys.stdout.write(str(answer["output"]) if "output" in answer else json.dumps(answer, indent=2) + "\n")
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


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file with the appliances, as for `run`")
    parser.add_argument("--appliance", default="", metavar="KEY", help="which of them (default: the only one)")
    parser.add_argument("--probe", action="store_true", help="try it out too, on scratch disks that go in the end")
    parser.add_argument("--pool", default="", help="where scratch disks are made (default: its first pool)")
    parser.add_argument("--fill-pool", action="store_true", help="ask for more than the pool has, too")
    parser.add_argument(
        "--from-node", action="store_true", help="check this machine as a node, and attach scratch disks"
    )
    parser.add_argument("--fabric", help="how a node attaches disks, as for `run`")
    parser.add_argument(
        "--transcripts", type=Path, metavar="FOLDER", help="where what was said is written (with --probe)"
    )
    parser.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from rds_csi_async.app.doctor import DoctorOptions, run_doctor  # noqa: PLC0415 - as above
    from rds_csi_async.app.doctor_screen import DoctorScreen  # noqa: PLC0415 - as above

    # Whose volumes they are is no matter here, nor which services are served.
    settings = load_settings({"mode": "controller", "cluster_id": "doctor", "fabric": options.fabric}, options.config)
    configure_logging("auto", "error")
    names = ("appliance", "pool", "probe", "fill_pool", "from_node", "transcripts")
    told = DoctorOptions(**{name: getattr(options, name) for name in names})
    return asyncio.run(run_doctor(settings, told, DoctorScreen()))


def _add_top(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "addresses", nargs="*", metavar="address", help="host:port or URL of metrics (default: 127.0.0.1:9809)"
    )
    parser.add_argument("--interval", type=float, default=2.0, metavar="SECONDS", help="between two looks (default: 2)")
    parser.add_argument("--once", action="store_true", help="print one picture, for scripts")
    parser.set_defaults(command=_top)


def _top(options: argparse.Namespace) -> int:
    from rds_csi_async.app.top import DEFAULT_ADDRESS, TopOptions, run_top  # noqa: PLC0415 - as above

    addresses = options.addresses or [DEFAULT_ADDRESS]
    return asyncio.run(run_top(TopOptions(addresses, options.interval, options.once)))


if __name__ == "__main__":
    sys.exit(main())
