"""`python -m tests.fuzz --seconds 3600`: throw things at the decoders of what an appliance prints.

Whatever breaks one of them is an error of this program and, from then on, a case of the ordinary tests.
"""

import argparse
import importlib.util
import sys
from pathlib import Path


def main() -> None:
    """Search with atheris if it is there, else with hypothesis."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: %(default)s)")
    parser.add_argument("--grown", type=Path, default=Path(".cache/fuzz"), help="where atheris keeps what it learned")
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        from tests.fuzz import drawn  # noqa: PLC0415 - it imports the decoders, which atheris has to see imported

        print(f"{drawn.search(arguments.seconds)} cases, nothing but values and named errors")
        return
    from tests.fuzz import guided  # noqa: PLC0415 - for symmetry with the other

    arguments.grown.mkdir(parents=True, exist_ok=True)
    guided.search(sys.argv[0], arguments.seconds, arguments.grown)


if __name__ == "__main__":
    main()
