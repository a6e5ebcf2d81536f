"""Which variables a place in a line can see: the parser refuses to `:set` any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Declarations:
    """A stack of scopes; a function's body sees none of the outer ones."""

    _scopes: list[set[str]] = field(default_factory=list)

    def declare(self, name: str) -> None:
        """Make a name known in the innermost scope."""
        self._scopes[-1].add(name)

    def knows(self, name: str) -> bool:
        """Tell whether the name is declared in a scope that can be seen."""
        return any(name in scope for scope in self._scopes)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Open a scope inside the current one."""
        self._scopes.append(set())
        try:
            yield
        finally:
            self._scopes.pop()

    @contextmanager
    def function(self) -> Iterator[None]:
        """Hide all outer scopes."""
        outer, self._scopes = self._scopes, []
        try:
            yield
        finally:
            self._scopes = outer
