"""Reads a Containerfile: as much of the language as ours has, and no more."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

KNOWN = ("ARG", "COPY", "ENTRYPOINT", "ENV", "FROM", "LABEL", "RUN", "USER", "WORKDIR")


class UnknownInstructionError(Exception):
    """An instruction that is not understood here."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, and all that stands after its name."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Its text as words."""
        return shlex.split(self.text)


@dataclass(frozen=True, slots=True)
class Copy:
    """What COPY says: sources, from the context or from another stage, and where to."""

    sources: tuple[str, ...]
    to: str
    stage: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def last(self, name: str) -> str:
        """Give what the last instruction of a name says; empty when there is none."""
        said = [each.text for each in self.instructions if each.name == name]
        return said[-1] if said else ""

    @property
    def environment(self) -> dict[str, str]:
        """Every variable that ENV sets."""
        pairs = [word.partition("=") for each in self.instructions if each.name == "ENV" for word in each.words]
        return {name: value for name, _, value in pairs}

    @property
    def entrypoint(self) -> list[str]:
        """The command of a container."""
        return list(json.loads(self.last("ENTRYPOINT")))


def parse(text: str) -> list[Stage]:
    """Read a Containerfile.

    Raises:
        UnknownInstructionError: it has something that is not understood.

    """
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    instructions = [_parse_line(line) for line in lines.splitlines() if line.strip()]
    arguments = dict(each.text.split("=", 1) for each in instructions if each.name == "ARG")
    starts = [index for index, each in enumerate(instructions) if each.name == "FROM"]
    stages = []
    for start, end in zip(starts, [*starts[1:], len(instructions)], strict=True):
        base, *rest = instructions[start].words
        base = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], base)
        stages.append(Stage(base, rest[-1] if rest else "", tuple(instructions[start + 1 : end])))
    return stages


def parse_copy(instruction: Instruction) -> Copy:
    """Read the words of COPY."""
    words = instruction.words
    stage = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else ""
    return Copy(tuple(words[:-1]), words[-1], stage)


def read(file: Path) -> list[Stage]:
    """Read a file."""
    return parse(file.read_text())


def _parse_line(line: str) -> Instruction:
    name, _, text = line.strip().partition(" ")
    if name not in KNOWN:
        message = f"{name}: not understood here"
        raise UnknownInstructionError(message)
    return Instruction(name, " ".join(text.split()) if name != "RUN" else text.strip())
