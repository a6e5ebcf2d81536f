"""`rds-csi doctor`: looks at one appliance, and with `--probe` tries it out on scratch disks."""

import asyncio
import platform
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.app.config import Settings, SettingsError
from rds_csi_async.app.doctor_screen import DoctorScreen
from rds_csi_async.app.node_wiring import build_connections
from rds_csi_async.domain.assumptions import FILL_POOL, FROM_NODE
from rds_csi_async.domain.identifiers import host_of
from rds_csi_async.domain.verdicts import Finding, decide_works
from rds_csi_async.host.process import PATH, Programs
from rds_csi_async.routeros.bench import Choice, RouterOsBench
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.recording import Recorder
from rds_csi_async.routeros.scratch import PREFIX
from rds_csi_async.routeros.session import open_session
from rds_csi_async.routeros.transcripts import Exchange, names_of, render_transcript
from rds_csi_async.services.attaching import Attaching
from rds_csi_async.services.diagnosing import Diagnosing
from rds_csi_async.services.operations import Supervisor

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """What the command was told."""

    appliance: str = ""
    pool: str = ""
    probe: bool = False
    fill_pool: bool = False
    from_node: bool = False
    transcripts: Path | None = None

    @property
    def asked(self) -> frozenset[str]:
        """What is tried only when somebody asks for it, and was asked for."""
        return frozenset(({FILL_POOL} if self.fill_pool else set()) | ({FROM_NODE} if self.from_node else set()))


async def run_doctor(settings: Settings, options: DoctorOptions, screen: DoctorScreen) -> int:
    """Go through the list, and show what was found; give the exit status.

    0: nothing speaks against the driver. 1: something that it needs was not found, or scratch things are left. 130:
    it was interrupted.

    Raises:
        SettingsError: no appliance, or no pool of it, is meant clearly; or the transcripts cannot be written.

    """
    chosen = _choose(parse_appliances(settings.appliances), options.appliance)
    choice = Choice(chosen.nvme_address, _choose_pool(chosen, options.pool))
    folder = await _find_folder(options, choice.mark, screen)
    _announce(chosen, choice, options, screen)
    supervisor, console = Supervisor(), SshConsole(chosen.settings)
    supervisor.start_endless(f"keep {chosen.key} connected", console.keep_connected())
    recorder = Recorder(console)
    bench = RouterOsBench(chosen.settings, choice, recorder, open_session)
    node = None
    if options.from_node:
        connections = build_connections(settings, Programs(settings.program_path or PATH))
        node = Attaching(bench, connections, host_of("rds-csi doctor", platform.node()))
    diagnosing = Diagnosing(bench, screen, node, options.asked)
    try:
        interrupted = await _run(supervisor, diagnosing, screen, probing=options.probe)
    finally:
        screen.stop()
        await supervisor.drain(0)
    screen.show(diagnosing.findings)
    if folder is not None:
        await asyncio.to_thread(_write, folder, recorder.exchanges, diagnosing.findings, _private_of(chosen))
        screen.say(f"transcripts without addresses, names and keys: {folder} (please look before you send them in)")
    return _finish(diagnosing, bench, screen, interrupted=interrupted)


async def _run(supervisor: Supervisor, diagnosing: Diagnosing, screen: DoctorScreen, *, probing: bool) -> bool:
    """Run until it ends, or is interrupted, which is told: then it still cleans up, and a second time ends that."""
    work = supervisor.start("diagnose", diagnosing.probe() if probing else diagnosing.look())

    def stop() -> None:
        screen.say("interrupted: cleaning up (once more, and it is left as it is)")
        work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await asyncio.wait([work])
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    if work.cancelled():
        return True
    await work
    return False


def _finish(diagnosing: Diagnosing, bench: RouterOsBench, screen: DoctorScreen, *, interrupted: bool) -> int:
    if diagnosing.left:
        screen.say(f"scratch things may be left: {diagnosing.left}. Type this line on the appliance:")
        screen.say_line(bench.clearing_line())
        return INTERRUPTED if interrupted else 1
    if interrupted:
        return INTERRUPTED
    return 0 if decide_works(diagnosing.findings) else 1


def _choose(appliances: list[ConfiguredAppliance], key: str) -> ConfiguredAppliance:
    named = [each for each in appliances if key in {"", each.key}]
    if len(named) != 1:
        message = f"which appliance? --appliance takes one of: {', '.join(each.key for each in appliances)}"
        raise SettingsError(message)
    return named[0]


def _choose_pool(chosen: ConfiguredAppliance, name: str) -> str:
    names = [pool.name for pool in chosen.settings.pools]
    if name and name not in names:
        message = f"no pool {name!r}: --pool takes one of: {', '.join(names)}"
        raise SettingsError(message)
    return name or names[0]


def _announce(chosen: ConfiguredAppliance, choice: Choice, options: DoctorOptions, screen: DoctorScreen) -> None:
    if not options.probe:
        screen.say(f"looking at {chosen.key}; nothing is changed (--probe tries it out, on scratch disks)")
        return
    node = ", which this machine attaches and never writes to" if options.from_node else ""
    full = f"; a disk of twice the pool's size is asked for ({FILL_POOL})" if options.fill_pool else ""
    screen.say(
        f"trying out {chosen.key}, pool {choice.pool}: adds, opens, grows, removes disks, 256 MiB at most{node}{full}."
        f" Each bears the name {PREFIX}{choice.mark}; nothing else is touched, and all of them go in the end."
    )


async def _find_folder(options: DoctorOptions, mark: str, screen: DoctorScreen) -> Path | None:
    """Make the folder for transcripts; None where there are to be none, or the default one cannot be made."""
    if not options.probe:
        return None
    folder = options.transcripts or Path(f"rds-csi-probe-{mark}")
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        message = f"transcripts cannot be written to {folder}: {error.strerror} (--transcripts names another folder)"
        if options.transcripts is not None:
            raise SettingsError(message) from error
        screen.say(message)
        return None
    return folder


def _private_of(chosen: ConfiguredAppliance) -> tuple[Mapping[str, str], str]:
    """Give what a transcript must not tell, and the user, whom only messages name."""
    return names_of(chosen.settings, [chosen.nvme_address, platform.node()]), chosen.settings.user


def _write(
    folder: Path, exchanges: list[Exchange], findings: list[Finding], private: tuple[Mapping[str, str], str]
) -> None:
    """Write one case a file, named in the order in which they came. Blocks."""
    names, user = private
    said = {one.assumption.key: f"{one.verdict.value}: {one.seen}" for one in findings}
    version = next((one.seen for one in findings if one.assumption.key == "version"), "")
    for number, exchange in enumerate(exchanges, start=1):
        text = render_transcript(exchange, version, said.get(exchange.key, "part of another"), names, user)
        (folder / f"{number:03d}-{exchange.key or 'begin'}.txt").write_text(text, encoding="utf-8")
