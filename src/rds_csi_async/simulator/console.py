"""One user's console: a line goes in, its reply is written, errors too. It knows no transport."""

from dataclasses import dataclass

from rds_csi_async.simulator.evaluator import Evaluator
from rds_csi_async.simulator.failures import ScriptError
from rds_csi_async.simulator.lexis import ParseError
from rds_csi_async.simulator.menus import MenuVocabulary, Path
from rds_csi_async.simulator.parser import parse_program
from rds_csi_async.simulator.session import Session
from rds_csi_async.simulator.syntax_tree import Block
from rds_csi_async.simulator.verbs import Verbs


@dataclass(slots=True)
class Console:
    """See the module. `menu` is where relative commands start."""

    vocabulary: MenuVocabulary
    verbs: Verbs
    session: Session
    menu: Path = ()

    async def run_line(self, line: str) -> None:
        """Run a line, one character a byte; what is wrong with it is part of the reply, as on the appliance."""
        try:
            program = parse_program(line, self.vocabulary, self.menu)
            self.menu = program.menu
            await Evaluator(self.session, self.verbs.run, self._parse).run_line(program.block)
        except (ParseError, ScriptError) as error:
            self.session.write_line(str(error))
        except RecursionError:
            self.session.write_line("failure: stack overflow")

    def _parse(self, text: str) -> Block:
        return parse_program(text, self.vocabulary, self.menu).block

    def prompt(self, user: str, identity: str) -> str:
        """Write the prompt that a person sees."""
        menu = f" /{'/'.join(self.menu)}" if self.menu else ""
        return f"[{user}@{identity}]{menu} > "
