"""The driver and the simulator as real processes on a folder of their own, and a CSI client to talk to the driver."""

import asyncio
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.csi.wire import ProbeRequest
from rds_csi_async.host.polling import poll
from tests.planted import find_planted, list_secrets

CLUSTER_ID = "6f0e3b1c-2c1f-4d7e-9c51-3a0e6b7f1d11"
NODE_NAME = "worker-1"
START_S = 60.0
_SERVING = re.compile(r"serving \w+ on \S+, metrics on http://([0-9.:]+)/metrics")
_PROGRAM = (sys.executable, "-m", "rds_csi_async.app.cli")


class Process(Protocol):
    """A process that was started; asyncio's own are such."""

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        ...

    async def wait(self) -> int:
        """Wait for its end; give how it ended."""
        ...

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal."""
        ...


@dataclass
class Rig:
    """Starts, kills and stops the two processes; `folder` holds everything that they leave behind."""

    folder: Path
    pools: tuple[str, ...] = ("pool1=btrfs:500G",)
    mode: str = "all"
    program: tuple[str, ...] = _PROGRAM
    node_name: str = NODE_NAME
    programs: str = ""  # where the driver finds its programs, if not where it usually does
    simulator: Process | None = None
    driver: Process | None = None
    _logs: list[Any] = field(default_factory=list)

    @property
    def appliance(self) -> Path:
        """The simulator's folder."""
        return self.folder / "appliance"

    @property
    def socket(self) -> Path:
        """The driver's CSI socket."""
        return self.folder / "csi.sock"

    @property
    def kubelet(self) -> Path:
        """The folder that stands for kubelet's."""
        return self.folder / "kubelet"

    @property
    def config(self) -> Path:
        """The file with which a driver finds the simulator."""
        return self.appliance / "rds-csi.toml"

    @property
    def metrics_address(self) -> str:
        """Where the driver that was started last serves its HTTP. Blocks."""
        return str(_SERVING.findall((self.folder / "driver.log").read_text())[-1])

    async def start_simulator(self, *more: str, port: int = 0) -> None:
        """Start the simulator, and wait until it has written how to reach it."""
        await asyncio.to_thread(self.config.unlink, missing_ok=True)
        pools = [text for pool in self.pools for text in ("--pool", pool)]
        arguments = ("simulate", "--root", str(self.appliance), "--port", str(port), *pools, *more)
        self.simulator = await self._start("simulator", *arguments)
        await _until(lambda: asyncio.to_thread(self.config.exists), self.simulator)

    async def start_driver(self, **settings: str) -> None:
        """Start the driver, and wait until it says that it is ready."""
        self.driver = await self.launch_driver(**settings)
        await _until(self._answers, self.driver)
        async with self.client() as client:

            async def ready() -> bool:
                return bool((await client.identity.probe(ProbeRequest())).ready)

            await _until(ready, self.driver)

    async def launch_driver(self, **settings: str) -> Process:
        """Start a driver, and do not wait for it; the caller has to see to its end."""
        flags = {
            "mode": self.mode,
            "endpoint": f"unix://{self.socket}",
            "cluster-id": CLUSTER_ID,
            "node-name": self.node_name,
            "kubelet-dir": str(self.kubelet),
            "fabric": f"loop:{self.appliance / 'exports'}",
            "http-address": "127.0.0.1:0",
            "log-level": "debug",
            "log-format": "json",
            "config": str(self.config),
            "program-path": self.programs,
        } | {key.replace("_", "-"): value for key, value in settings.items()}
        return await self._start("driver", "run", *(f"--{key}={value}" for key, value in flags.items()))

    async def kill_driver(self) -> None:
        """Kill the driver as the kernel would: no word, no tidying."""
        await self._end("driver", signal.SIGKILL)

    async def stop_driver(self) -> int:
        """Ask the driver to end; give its exit status."""
        return await self._end("driver", signal.SIGTERM)

    async def kill_simulator(self) -> None:
        """Let the appliance lose its power."""
        await self._end("simulator", signal.SIGKILL)

    async def stop(self) -> None:
        """End both, whatever state they are in."""
        await self._end("driver", signal.SIGTERM)
        await self._end("simulator", signal.SIGTERM)
        for log in self._logs:
            log.close()
        shown = await asyncio.to_thread(self._find_secrets)
        assert not shown, f"secrets were logged: {shown}"

    def _find_secrets(self) -> list[str]:
        """List the lines of all logs that show a secret. Blocks."""
        logs = (path.read_text(errors="replace") for path in self.folder.glob("*.log"))
        return find_planted(logs, list_secrets(self.appliance / "client_key"))

    def client(self) -> AbstractAsyncContextManager[CsiClient]:
        """Talk to the driver."""
        return connect(self.socket)

    async def control(self, request: Mapping[str, Any]) -> Any:
        """Ask the simulator's control socket."""
        reader, writer = await asyncio.open_unix_connection(str(self.appliance / "control.sock"))
        writer.write(json.dumps(request).encode() + b"\n")
        answer = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answer

    async def count_changes(self) -> int:
        """Count what was changed on the appliance since it was started."""
        verbs = (await self.control({"do": "counters"}))["verbs"]
        return sum(count for path, count in verbs.items() if path.rpartition("/")[2] in {"add", "set", "remove"})

    async def wait_held(self, count: int) -> None:
        """Wait until so many lines hang on the appliance on purpose, since it was started."""

        async def held() -> bool:
            return bool((await self.control({"do": "counters"}))["held"] >= count)

        await _until(held, self.simulator)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(str(self.socket))
        except (FileNotFoundError, ConnectionRefusedError):  # none yet, or one that a killed driver left
            return False
        writer.close()
        return True

    async def _start(self, name: str, *arguments: str) -> Process:
        log = await asyncio.to_thread((self.folder / f"{name}.log").open, "ab")
        self._logs.append(log)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}  # noqa: TID251 - as whoever runs the tests
        return await asyncio.create_subprocess_exec(  # noqa: TID251 - it is the driver itself that is started
            *self.program, *arguments, stdout=log, stderr=log, env=environment
        )

    async def _end(self, name: str, how: signal.Signals) -> int:
        process: Process | None = getattr(self, name)
        setattr(self, name, None)
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
        return await asyncio.wait_for(process.wait(), START_S)


async def _until(holds: Callable[[], Awaitable[bool]], process: Process | None) -> None:
    """Wait until it holds; the process has to live for that."""

    async def look() -> bool:
        if process is not None and process.returncode is not None:
            message = f"the process ended with {process.returncode}; its log is in the rig's folder"
            raise RuntimeError(message)
        return await holds()

    if not await poll(look, until=bool, timeout_s=START_S):
        message = "it does not come about; the logs are in the rig's folder"
        raise TimeoutError(message)


def new_name() -> str:
    """Give a volume name that no other test has."""
    return f"pvc-{secrets.token_hex(8)}"
