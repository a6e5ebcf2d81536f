"""`python -m tests.faults --seeds 5`: 2,000 operations a seed, one command in five hit by a fault, half by two drivers.

Whatever is wrong is an error of this program, printed with its seed and all that was asked and answered before.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.running import Report, run


def main() -> int:
    """Run the seeds, one after another; stop at the first with which something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: %(default)s)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (default: %(default)s)")
    parser.add_argument("--operations", type=int, default=2000, help="of each (default: %(default)s)")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # each refusal is a line of the driver's log
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        began_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            report = asyncio.run(run(Path(folder), seed, arguments.operations))
        print(render(report), f"{time.monotonic() - began_s:.0f} s", sep="\n", flush=True)
        if report.wrong or report.left:
            print(*report.log, "", *report.wrong, *report.left, sep="\n")
            return 1
    return 0


def render(report: Report) -> str:
    """Say it in a few lines."""
    head = (
        f"seed {report.seed}: {report.operations} operations, {report.commands} commands,"
        f" {len(report.wrong)} wrong answers or changes, {len(report.left)} left behind"
    )
    met = f"  changes that another one met between the look and the act of one command: {report.overwritten}"
    counted = (("answers", report.statuses), ("faults", report.faults))
    said = [(what, [f"{name} {count}" for name, count in sorted(counts.items())]) for what, counts in counted]
    return "\n".join([head, met, *(f"  {what}: {', '.join(counts)}" for what, counts in said)])


if __name__ == "__main__":
    sys.exit(main())
