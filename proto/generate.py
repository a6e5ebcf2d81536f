"""Make the Python in `src/rds_csi_async/csi/generated` from the .proto files beside this one.

    python proto/generate.py           write them
    python proto/generate.py --check   write nothing; exit 1 and name what is stale

Needs the `proto` dependency group. The same input gives the same output, so what is committed can be checked.
"""

# ruff: noqa: INP001 - a script beside its input, not a package

import argparse
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from grpc_tools import protoc

PROTO = Path(__file__).resolve().parent
GENERATED = PROTO.parent / "src" / "rds_csi_async" / "csi" / "generated"
HEADER = '"""Made by proto/generate.py: change the .proto file, not this."""\n'


def compile_to(output: Path) -> None:
    """Compile every .proto file into `output`, which has to exist.

    Raises:
        RuntimeError: the compiler, or the plugin that writes Python, refused; it has said why on stderr.

    """
    plugin = Path(sysconfig.get_path("scripts")) / "protoc-gen-python_betterproto"
    well_known = Path(protoc.__file__).parent / "_proto"
    status = protoc.main(
        [
            "protoc",
            f"-I{PROTO}",
            f"-I{well_known}",
            f"--plugin=protoc-gen-python_betterproto={plugin}",
            f"--python_betterproto_out={output}",
            *(str(path) for path in sorted(PROTO.rglob("*.proto"))),
        ]
    )
    if status != 0:
        message = f"protoc ended with status {status}"
        raise RuntimeError(message)
    for path in output.rglob("__init__.py"):
        if not path.read_text():
            path.write_text(HEADER)


def list_stale(fresh: Path, committed: Path) -> list[str]:
    """Name every file that is missing, left over or different, relative to the two directories."""
    names = {path.relative_to(root) for root in (fresh, committed) for path in root.rglob("*.py")}
    return sorted(str(name) for name in names if _find_text(fresh / name) != _find_text(committed / name))


def _find_text(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


def main(arguments: list[str]) -> int:
    """Write, or check; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when what is committed is stale")
    check = parser.parse_args(arguments).check
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory)
        compile_to(fresh)
        stale = list_stale(fresh, GENERATED)
        if not check:
            shutil.rmtree(GENERATED, ignore_errors=True)
            shutil.copytree(fresh, GENERATED)
    for name in stale:
        sys.stderr.write(f"{'stale' if check else 'written'}: {name}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
