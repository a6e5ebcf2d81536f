"""What goes wrong while a line runs, and the texts for it that no one has seen on an appliance yet."""

from typing import Final, NoReturn

# Not seen on hardware: whoever relies on the words of one of these relies on this table.
SLOT_TAKEN: Final = "failure: already have such item"
SLOT_TOO_LONG: Final = "failure: slot name too long"
NQN_TAKEN: Final = "failure: already have export with such nqn"
FILE_IN_USE: Final = "failure: file is in use"
DISK_IN_USE: Final = "failure: disk is in use"
NO_SUCH_FOLDER: Final = "failure: no such file or directory"
NOT_A_FILE: Final = "failure: is a directory"
FOLDER_NOT_EMPTY: Final = "failure: directory not empty"
FILE_EXISTS: Final = "failure: file already exists"
NOT_CHANGEABLE: Final = "failure: can not change this disk"

# Seen, or named by the manual.
NOT_ENOUGH_SPACE: Final = "failure: not enough space"
NO_SUCH_ITEM: Final = "no such item"
UNKNOWN_VALUE_NAME: Final = "input does not match any value of value-name"
ITEM_EXPECTED: Final = "expected item id"


class Failure(Exception):  # noqa: N818 - the appliance's own word, and not an error of the simulator
    """A command refused; the text is without the tail that names the command."""


class ScriptError(Exception):
    """What a line stops with and `:onerror` catches: the whole text, with its tail."""


def refuse_argument(name: str) -> NoReturn:
    """Refuse an argument's value."""
    message = f"invalid value for argument {name}"
    raise Failure(message)


def refuse_choice(name: str) -> NoReturn:
    """Refuse a value that is none of those that exist."""
    message = f"input does not match any value of {name}"
    raise Failure(message)


def refuse_missing(*names: str) -> NoReturn:
    """Refuse a command that lacks arguments."""
    message = f"missing value(s) of argument(s) {' '.join(names)}"
    raise Failure(message)
