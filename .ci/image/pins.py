#!/usr/bin/env python3
"""The image's Python packages: pinned with their hashes, each there for both of its platforms. Python 3.11 with pip.

    .ci/image/pins.py            show of each pinned package what there is of it, and that its hash is listed
    .ci/image/pins.py --write    resolve anew, and write requirements.txt

Exit status 1 when a platform would have to compile something. A package that comes as source alone is built here: the
wheel that comes out says whether it is pure Python.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = HERE / "requirements.txt"
PYTHON = "3.13"  # of Debian 13, the image's base
PLATFORMS = ("x86_64", "aarch64")
HEADER = f"# Made by .ci/image/pins.py --write, for Python {PYTHON} on {' and '.join(PLATFORMS)}.\n"
PURE = "-none-any.whl"


@dataclass(frozen=True, slots=True)
class Found:
    """What the index has of one package for one platform; `pure` works on every platform."""

    file: str
    sha256: str
    pure: bool

    @property
    def kind(self) -> str:
        """In words."""
        if not self.file.endswith(".whl"):
            return "pure sdist" if self.pure else "NEEDS A COMPILER"
        return "pure wheel" if self.pure else "wheel"


def main() -> int:
    """Show or write the pins."""
    write = "--write" in sys.argv[1:]
    pins = resolve() if write else list(read_pins())
    found = {pin: {platform: find(pin, platform) for platform in PLATFORMS} for pin in pins}
    if write:
        PINS.write_text(HEADER + "".join(render_pin(pin, files) for pin, files in found.items()))
    return show(found)


def show(found: dict[str, dict[str, Found]]) -> int:
    """Print the table; give 1 when something does not do."""
    listed = read_pins()
    stale = [pin for pin, files in found.items() if {each.sha256 for each in files.values()} != listed.get(pin)]
    compiled = [pin for pin, files in found.items() if any("COMPILER" in each.kind for each in files.values())]
    width = max(map(len, found))
    print(f"{'package':{width}}  {'  '.join(f'{platform:16}' for platform in PLATFORMS)}")
    for pin, files in found.items():
        print(f"{pin:{width}}  {'  '.join(f'{files[platform].kind:16}' for platform in PLATFORMS)}")
    print(f"{len(found) - len(compiled)} of {len(found)} packages install on both platforms without a compiler")
    for pin in stale:
        print(f"{pin}: its files are not those that {PINS.name} lists")
    return 1 if stale or compiled else 0


def read_pins() -> dict[str, set[str]]:
    """Give each pin with its hashes."""
    lines = PINS.read_text().replace("\\\n", " ").splitlines()
    return {line.split()[0]: set(re.findall(r"sha256:(\w+)", line)) for line in lines if not line.startswith("#")}


def render_pin(pin: str, files: dict[str, Found]) -> str:
    """Write one pin as pip reads it."""
    hashes = dict.fromkeys(each.sha256 for each in files.values())
    return " \\\n    ".join([pin, *(f"--hash=sha256:{each}" for each in hashes)]) + "\n"


def resolve() -> list[str]:
    """Choose a version of everything that the project needs, the same on each platform."""
    project = tomllib.loads((HERE.parent.parent / "pyproject.toml").read_text())["project"]
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        wanted = [*project["dependencies"], *project["optional-dependencies"]["kubernetes"]]
        chosen = [_resolve_on(platform, wanted, wheels) for platform in PLATFORMS]
    if any(one != chosen[0] for one in chosen):
        message = f"the platforms need different versions: {chosen}"
        raise SystemExit(message)
    return chosen[0]


def _resolve_on(platform: str, wanted: list[str], wheels: Path) -> list[str]:
    """Resolve for a platform that is not this one, which pip does with wheels alone: a missing one is built first."""
    report = wheels / "report.json"
    dry = ["install", "--dry-run", "--ignore-installed", "--target", str(wheels / "none"), "--report", str(report)]
    sources = ["--find-links", str(wheels)]
    while (said := pip(*dry, *sources, *_on(platform), *wanted)).returncode:
        missing = re.search(r"No matching distribution found for (\S+)", said.stderr)
        if missing is None or pip("wheel", "--no-deps", "-w", str(wheels), missing[1]).returncode:
            raise SystemExit(said.stderr)
    chosen = [each["metadata"] for each in json.loads(report.read_text())["install"]]
    return sorted(f"{each['name'].lower()}=={each['version']}" for each in chosen)


def find(pin: str, platform: str) -> Found:
    """Find what pip would install on a platform."""
    with tempfile.TemporaryDirectory() as folder:
        if pip("download", "--no-deps", "-d", folder, *_on(platform), pin).returncode == 0:
            (wheel,) = Path(folder).iterdir()
            return Found(wheel.name, _hash(wheel), wheel.name.endswith(PURE))
        said = pip("download", "--no-deps", "--no-binary=:all:", "-d", folder, pin)
        if said.returncode:
            raise SystemExit(said.stderr)
        (source,) = Path(folder).iterdir()
        built = pip("wheel", "--no-deps", "-w", f"{folder}/built", str(source))
        pure = built.returncode == 0 and any(Path(folder, "built").glob(f"*{PURE}"))
        return Found(source.name, _hash(source), pure)


def _on(platform: str) -> list[str]:
    tags = [f"--platform={tag}_{platform}" for tag in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]
    return ["--only-binary=:all:", f"--python-version={PYTHON}", "--implementation=cp", *tags]


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def pip(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run pip quietly."""
    command = [sys.executable, "-m", "pip", arguments[0], "-q", "--disable-pip-version-check", *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
