"""`python -m tests.faults --operations 2000 --seed 1 --seed 2`: live at random, and hold every answer to be true.

Prints the figures of each seed; of one in which something is wrong what it was, and the whole history to a file.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.living import running


async def live(seed: int, operations: int, folder: Path) -> bool:
    """Live once; tell whether all was well."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as root:
        async with running(Path(root), seed, operations) as run:
            await run.live()
    print(f"{run.report()}, in {time.monotonic() - began_s:.0f} s", flush=True)
    print("  " + ", ".join(f"{answer} {count}" for answer, count in sorted(run.answers.items())), flush=True)
    for each in run.wrong[:20]:
        print(f"  WRONG {each}")
    if run.wrong:
        file = folder / f"faults-{seed}.txt"
        file.write_text("\n".join([*run.history, *run.wrong]) + "\n")
        print(f"  the history is in {file}", flush=True)
    return not run.wrong


def main() -> int:
    """Live once a seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--seed", type=int, action="append", help="once or more (default: 1 to 5)")
    parser.add_argument("--histories", type=Path, default=Path(), help="where histories go (default: here)")
    arguments = parser.parse_args()
    logging.disable()  # each call that fails would say so, and they are meant to
    lived = [
        asyncio.run(live(seed, arguments.operations, arguments.histories)) for seed in arguments.seed or range(1, 6)
    ]
    return 0 if all(lived) else 1


if __name__ == "__main__":
    sys.exit(main())
