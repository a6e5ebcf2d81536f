"""Replies of RouterOS, one file a case: a header of `# key: value` lines, an empty line, then the reply as it came.

The token in them is `TOKEN`. `source` says whether a reply was captured, or composed from what is documented.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Transcript:
    """One case."""

    header: dict[str, str]
    reply: str


def list_transcripts() -> list[str]:
    """Give the names of all cases."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.txt"))


def read_transcript(name: str, folder: Path = Path(__file__).parent) -> Transcript:
    """Read the case of this name; line ends become those of the console."""
    text = (folder / f"{name}.txt").read_text(encoding="utf-8")
    head, _, reply = text.partition("\n\n")
    pairs = (line.removeprefix("# ").partition(": ") for line in head.splitlines())
    return Transcript({key: value for key, _, value in pairs}, reply.replace("\n", "\r\n"))
