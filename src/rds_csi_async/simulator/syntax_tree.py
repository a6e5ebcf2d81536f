"""The tree that a line of the console language becomes. Nothing here is evaluated."""

from dataclasses import dataclass
from typing import TypeAlias

from rds_csi_async.simulator.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands for itself."""

    value: Value


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word as a command's argument: text or literal, as the argument's kind says."""

    text: str


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare word in an expression: a variable, a property in `where`."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string with live parts; plain ones are `Literal`s."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """A prefix operator."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two; the operator is empty where two operands stand side by side."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Group:
    """What stood in parentheses."""

    inner: "Expression"


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    """`{1;"k"=2}`: elements with their key expression, or None."""

    elements: tuple[tuple["Expression | None", "Expression"], ...]


@dataclass(frozen=True, slots=True)
class Substitution:
    """`[command]`."""

    block: "Block"


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`{…}` where an argument takes code."""

    block: "Block"


Expression: TypeAlias = (
    Literal | Word | Bare | Variable | Text | Unary | Binary | Group | ArrayLiteral | Substitution | CodeBlock
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: a built-in one (`path` None) or a menu's verb. Flags are arguments that are true."""

    path: tuple[str, ...] | None
    name: str
    arguments: tuple[tuple[str, Expression], ...] = ()
    where: Expression | None = None

    @property
    def origin(self) -> str:
        """Name the command as the tail of an error does."""
        return f":{self.name}" if self.path is None else "/" + "/".join((*self.path, self.name))

    def find_argument(self, name: str) -> Expression | None:
        """Return an argument's expression; None when it was not given."""
        return dict(self.arguments).get(name)


@dataclass(frozen=True, slots=True)
class Call:
    """`$function argument name=argument`."""

    function: Expression
    arguments: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """What the parser let pass and running refuses: a bad command name, a bad parameter."""

    message: str


@dataclass(frozen=True, slots=True)
class Block:
    """Commands in a scope of their own."""

    commands: tuple["Statement", ...]


Statement: TypeAlias = Command | Call | Broken | Block
