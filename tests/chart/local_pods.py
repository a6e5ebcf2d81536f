"""Runs a rendering's containers as processes of this machine: commands, arguments, environment, files, privileges.

What a container has mounted is a folder here, and each path of the container in its arguments and in its ConfigMap is
turned into that folder's. Nothing else is changed, but for two things that a cluster would do: a Service's name is its
address, and a port that is fixed in the pod is one that is free here.
"""

import asyncio
import base64
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rds_csi_async.host.polling import poll
from tests.chart.confining import confine
from tests.chart.rendering import NAMESPACE, Rendering
from tests.image.containerfile import read
from tests.image.places import IMAGE

NODE_NAME = "worker-1"
POD_NAME = "controller-1"
START_S = 60.0


@dataclass
class LocalPods:
    """The pods of a rendering below one folder; `secrets` are those that somebody else has made."""

    rendering: Rendering
    folder: Path
    names: Mapping[str, str] = field(default_factory=dict)  # text in arguments and settings, and what it is here
    secrets: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    processes: "dict[str, asyncio.subprocess.Process]" = field(default_factory=dict)

    def path_of(self, component: str, container: str, path: str) -> Path:
        """Tell where a path of a container is here. Blocks: what is mounted is made."""
        for mounted, folder in self._mounts(component, container):
            if f"{path}/".startswith(f"{mounted}/"):
                return Path(folder, path.removeprefix(mounted).lstrip("/"))
        message = f"{component}/{container} has nothing mounted for {path}"
        raise KeyError(message)

    async def start(
        self, component: str, container: str, program: str = "", more: Sequence[str] = ()
    ) -> "asyncio.subprocess.Process":
        """Start one container; of an image that is not ours, by its `program` here, and with `more` arguments."""
        spec = self.rendering.container(component, container)
        spec = {"command": [program], **spec, "args": [*spec["args"], *more]}
        argv, environment = await asyncio.to_thread(self._prepare, component, spec)
        log = await asyncio.to_thread((self.folder / f"{component}-{container}.log").open, "ab")
        pod = self.rendering.pods[component]["spec"]
        before = await asyncio.to_thread(confine, pod, spec, self.folder / f"{component}-{container}.aside")
        try:
            process = await asyncio.create_subprocess_exec(  # noqa: TID251 - it is the driver itself that is started
                *before, *argv, stdout=log, stderr=log, env=environment, cwd="/"
            )
        finally:
            log.close()
        self.processes[f"{component}-{container}"] = process
        return process

    async def run(self, component: str, container: str) -> None:
        """Run a container that ends by itself, as an init container does."""
        process = await self.start(component, container)
        status = await asyncio.wait_for(process.wait(), START_S)
        assert status == 0, await asyncio.to_thread(self.log, component, container)

    async def wait_until(self, holds: Callable[[], Awaitable[bool]], component: str, container: str) -> None:
        """Wait until something holds for which this container has to live."""
        process = self.processes[f"{component}-{container}"]

        async def look() -> bool:
            assert process.returncode is None, await asyncio.to_thread(self.log, component, container)
            return await holds()

        assert await poll(look, until=bool, timeout_s=START_S), await asyncio.to_thread(self.log, component, container)

    def log(self, component: str, container: str) -> str:
        """Give the end of what a container has said. Blocks."""
        return (self.folder / f"{component}-{container}.log").read_text()[-4000:]

    async def stop(self) -> dict[str, int]:
        """Ask all of them to end; give their exit statuses."""
        statuses = {}
        for name, process in reversed(self.processes.items()):
            if process.returncode is None:
                process.terminate()
            statuses[name] = await asyncio.wait_for(process.wait(), START_S)
        return statuses

    def _prepare(self, component: str, spec: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
        folders = self._mounts(component, spec["name"])
        self._write_config(component, spec, folders)
        said = [self._here(word, folders) for word in (*spec["command"][1:], *spec["args"])]
        environment = {each["name"]: _value_of(each) for each in spec.get("env", ())}
        image = {"HOME": "/nonexistent", **read(IMAGE / "Containerfile")[-1].environment}
        # The program is this machine's, wherever that is: below /tmp, it would be taken for the container's.
        return [_program(spec["command"][0]), *said], {**image, "PATH": os.environ["PATH"], **environment}  # noqa: TID251

    def _here(self, text: str, folders: list[tuple[str, Path]]) -> str:
        here = {mounted: str(folder) for mounted, folder in folders}
        any_of_them = "|".join(re.escape(mounted) for mounted in here)  # the longest first, as they come
        pattern = rf"(^|unix://|[=:\" ])({any_of_them})(?=[/\"\s]|$)"
        text = re.sub(pattern, lambda match: match[1] + here[match[2]], text)
        for there, name in self.names.items():
            text = text.replace(there, name)
        return text

    def _mounts(self, component: str, container: str) -> list[tuple[str, Path]]:
        """Give each mount path and its folder here, the longest paths first."""
        volumes = {volume["name"]: volume for volume in self.rendering.pods[component]["spec"]["volumes"]}
        mounts = self.rendering.container(component, container)["volumeMounts"]
        found = [(mount["mountPath"], self._folder(component, volumes[mount["name"]])) for mount in mounts]
        return sorted(found, key=lambda each: -len(each[0]))

    def _folder(self, component: str, volume: dict[str, Any]) -> Path:
        if "hostPath" in volume:
            folder = Path(volume["hostPath"]["path"])
            if volume["hostPath"]["type"] == "DirectoryOrCreate":
                folder.mkdir(parents=True, exist_ok=True)
            return folder
        folder = Path(self.folder, component, volume["name"])
        if not folder.exists():
            folder.mkdir(parents=True)
            self._fill(folder, component, volume)
        return folder

    def _fill(self, folder: Path, component: str, volume: dict[str, Any]) -> None:
        secret = volume.get("secret", {})
        for item in secret.get("items", ()):
            file = folder / item["path"]
            file.write_bytes(self._secret(secret["secretName"])[item["key"]])
            file.chmod(secret["defaultMode"])
        user = self.rendering.pods[component]["spec"]["securityContext"].get("runAsUser", 0)
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, 0 if secret else user, user)  # a Secret's files are root's, and the fsGroup's

    def _secret(self, name: str) -> Mapping[str, bytes]:
        if name in self.secrets:
            return self.secrets[name]
        data: dict[str, str] = self.rendering.get("Secret", name)["data"]
        return {key: base64.b64decode(value) for key, value in data.items()}

    def _write_config(self, component: str, spec: dict[str, Any], folders: list[tuple[str, Path]]) -> None:
        """Fill the ConfigMaps' volumes that the container mounts."""
        mounted = {mount["name"] for mount in spec["volumeMounts"]}
        for volume in self.rendering.pods[component]["spec"]["volumes"]:
            if "configMap" in volume and volume["name"] in mounted:
                data = self.rendering.get("ConfigMap", volume["configMap"]["name"])["data"]
                for name, text in data.items():
                    (self.folder / component / volume["name"] / name).write_text(self._here(text, folders))


def _program(name: str) -> str:
    """Find a program of the image: ours is beside the interpreter that runs the tests; what has a place has one."""
    return str(Path(sys.executable).parent / name)


def _value_of(variable: dict[str, Any]) -> str:
    fields = {"spec.nodeName": NODE_NAME, "metadata.name": POD_NAME, "metadata.namespace": NAMESPACE}
    return str(variable.get("value") or fields[variable["valueFrom"]["fieldRef"]["fieldPath"]])
