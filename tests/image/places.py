"""Where the image's sources are, and what its list of packages says."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / ".ci" / "image"
CACHE = ROOT / ".cache" / "image"


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the list."""

    name: str
    oldest: str
    why: str


def read_packages() -> list[Package]:
    """Read the list of Debian packages."""
    lines = [line for line in (IMAGE / "packages.txt").read_text().splitlines() if not line.startswith("#")]
    packages = []
    for line in lines:
        facts, _, why = line.partition("#")
        name, oldest = facts.split()
        packages.append(Package(name, oldest.removeprefix(">="), why.strip()))
    return packages
