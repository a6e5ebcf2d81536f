"""The driver and the simulator as real processes on a folder of their own, and a CSI client to talk to the driver."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.csi.wire import ProbeRequest

CLUSTER_ID = "6f0e3b1c-2c1f-4d7e-9c51-3a0e6b7f1d11"
NODE_NAME = "worker-1"
START_S = 60.0
_PROGRAM = (sys.executable, "-m", "rds_csi_async.app.cli")


@dataclass
class Rig:
    """Starts, kills and stops the two processes; `folder` holds everything that they leave behind."""

    folder: Path
    pool: str = "pool1=btrfs:500G"
    mode: str = "all"
    path: str = os.environ["PATH"]  # noqa: TID251 - where the driver finds its programs; tests put theirs before
    simulator: "asyncio.subprocess.Process | None" = None
    driver: "asyncio.subprocess.Process | None" = None
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

    async def start_simulator(self) -> None:
        """Start the simulator, and wait until it has written how to reach it."""
        config = self.appliance / "rds-csi.toml"
        await asyncio.to_thread(config.unlink, missing_ok=True)
        arguments = ("simulate", "--root", str(self.appliance), "--port", "0", "--pool", self.pool)
        self.simulator = await self._start("simulator", *arguments)
        await _until_there(config, self.simulator)

    async def start_driver(self, **settings: str) -> None:
        """Start the driver, and wait until it says that it is ready."""
        flags = {
            "mode": self.mode,
            "endpoint": f"unix://{self.socket}",
            "cluster-id": CLUSTER_ID,
            "node-name": NODE_NAME,
            "kubelet-dir": str(self.kubelet),
            "fabric": f"loop:{self.appliance / 'exports'}",
            "http-address": "127.0.0.1:0",
            "log-level": "debug",
            "log-format": "json",
            "config": str(self.appliance / "rds-csi.toml"),
        } | {key.replace("_", "-"): value for key, value in settings.items()}
        arguments = [text for key, value in flags.items() for text in (f"--{key}", value)]
        self.driver = await self._start("driver", "run", *arguments)
        await _until_there(self.socket, self.driver)
        async with self.client() as client:
            for _ in range(600):
                if (await client.identity.probe(ProbeRequest())).ready:
                    return
                await asyncio.sleep(0.1)
        message = f"the driver does not get ready; its log is {self.folder / 'driver.log'}"
        raise TimeoutError(message)

    async def kill_driver(self) -> None:
        """Kill the driver as the kernel would: no word, no tidying."""
        await self._end("driver", signal.SIGKILL)

    async def stop_driver(self) -> int:
        """Ask the driver to end; give its exit status."""
        return await self._end("driver", signal.SIGTERM)

    async def stop(self) -> None:
        """End both, whatever state they are in."""
        await self._end("driver", signal.SIGTERM)
        await self._end("simulator", signal.SIGTERM)
        for log in self._logs:
            log.close()

    def client(self) -> AbstractAsyncContextManager[CsiClient]:
        """Talk to the driver."""
        return connect(self.socket)

    async def control(self, request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the simulator answers
        """Ask the simulator's control socket."""
        reader, writer = await asyncio.open_unix_connection(str(self.appliance / "control.sock"))
        writer.write(json.dumps(request).encode() + b"\n")
        answer = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answer

    async def _start(self, name: str, *arguments: str) -> "asyncio.subprocess.Process":
        log = await asyncio.to_thread((self.folder / f"{name}.log").open, "ab")
        self._logs.append(log)
        return await asyncio.create_subprocess_exec(  # noqa: TID251 - it is the driver itself that is started
            *_PROGRAM, *arguments, stdout=log, stderr=log, env={"PATH": self.path, "HOME": str(self.folder)}
        )

    async def _end(self, name: str, how: signal.Signals) -> int:
        process: asyncio.subprocess.Process | None = getattr(self, name)
        setattr(self, name, None)
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
        return await asyncio.wait_for(process.wait(), START_S)


async def _until_there(path: Path, process: "asyncio.subprocess.Process") -> None:
    for _ in range(int(START_S * 20)):
        if await asyncio.to_thread(path.exists):
            return
        if process.returncode is not None:
            message = f"the process ended with {process.returncode} before {path} was there; see its log beside it"
            raise RuntimeError(message)
        await asyncio.sleep(0.05)
    message = f"{path} did not appear"
    raise TimeoutError(message)


def new_name() -> str:
    """Give a volume name that no other test has."""
    return f"pvc-{secrets.token_hex(8)}"
