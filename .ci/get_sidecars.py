#!/usr/bin/env python3
"""Build the Kubernetes project's sidecars, of the versions that the chart names, from Go's module proxy.

    .ci/get_sidecars.py FOLDER

What is there already is left alone. Without `go` nothing is built, which is said; exit status 0 all the same.
node-driver-registrar is not among them: no version of it that the chart could name is a Go module.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VALUES = Path(__file__).resolve().parent.parent / "charts" / "rds-csi-async" / "values.yaml"
IMAGE = re.compile(r"image: registry\.k8s\.io/sig-storage/csi-(provisioner|attacher|resizer):(v(\d+)\S*)")


def main() -> int:
    """Build what is missing."""
    folder = Path(sys.argv[1]).absolute()
    go = shutil.which("go")
    for name, version, major in IMAGE.findall(VALUES.read_text()):
        program = folder / f"csi-{name}-{version}"
        if program.exists():
            continue
        if go is None:
            print(f"go is not found: {program.name} is not built")
            continue
        build(go, f"github.com/kubernetes-csi/external-{name}/v{major}", version, program)
    return 0


def build(go: str, module: str, version: str, program: Path) -> None:
    """Build one; as the main module, since `go install` takes none that replaces others."""
    print(f"building {program.name}", flush=True)
    download = subprocess.run(
        [go, "mod", "download", "-json", f"{module}@{version}"], stdout=subprocess.PIPE, check=True, cwd="/"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        shutil.copytree(json.loads(download.stdout)["Dir"], source, copy_function=shutil.copyfile)
        for each in (source, *(path for path in source.rglob("*") if path.is_dir())):
            each.chmod(0o755)
        program.parent.mkdir(parents=True, exist_ok=True)
        fresh = program.with_suffix(".new")
        command = f"./cmd/{program.name.rpartition('-')[0]}"
        subprocess.run([go, "build", "-buildvcs=false", "-o", fresh, command], check=True, cwd=source)
        fresh.replace(program)


if __name__ == "__main__":
    sys.exit(main())
