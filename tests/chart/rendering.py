"""Renders the chart with helm, and gives its objects."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.required_tools import find_tool

CHART = Path(__file__).parents[2] / "charts" / "rds-csi-async"
VALUES = tuple(sorted((CHART / "ci").glob("*-values.yaml")))
NAMESPACE = "storage"
RELEASE = "r"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # many times faster, where libyaml was there to build with
MONITORS = tuple(f"monitoring.coreos.com/v1/{kind}" for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule"))


class RenderingError(Exception):
    """Helm refused; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """The objects of one rendering."""

    objects: tuple[dict[str, Any], ...]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Give the one object of that kind and name."""
        (found,) = [each for each in self.list_kind(kind) if each["metadata"]["name"] == name]
        return found

    def get_by_component(self, kind: str, component: str) -> dict[str, Any]:
        """Give the one object of that kind that is of a part: controller, node, simulator."""
        (found,) = [each for each in self.list_kind(kind) if component_of(each) == component]
        return found

    def list_kind(self, kind: str) -> list[dict[str, Any]]:
        """Give all objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    @property
    def pods(self) -> dict[str, dict[str, Any]]:
        """The metadata and spec of every pod there will be, by component."""
        templates = [each for kind in ("Deployment", "DaemonSet") for each in self.list_kind(kind)]
        return {component_of(each): each["spec"]["template"] for each in templates} | {
            component_of(each): each for each in self.list_kind("Pod")
        }

    def container(self, component: str, name: str) -> dict[str, Any]:
        """Give one container of a part's pod."""
        spec = self.pods[component]["spec"]
        (found,) = [each for each in (*spec.get("initContainers", ()), *spec["containers"]) if each["name"] == name]
        return dict(found)


@dataclass(frozen=True, slots=True)
class Options:
    """How to render: values files, single values (`--set`), what the cluster has, where it is, and as what."""

    files: Sequence[Path] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    kube_version: str | None = None
    api_versions: Sequence[str] = ()
    server: str | None = None
    release: str = RELEASE
    namespace: str = NAMESPACE


def component_of(each: Mapping[str, Any]) -> str:
    """Tell which part an object is of."""
    return str(each["metadata"]["labels"]["app.kubernetes.io/component"])


def values_file(name: str) -> Path:
    """Give the path of one of the chart's ci values files."""
    return CHART / "ci" / f"{name}-values.yaml"


def render(*names: str, values: Mapping[str, Any] | None = None, **more: Any) -> Rendering:
    """Render with ci values files, and single values on top.

    Raises:
        RenderingError: helm refused.

    """
    options = Options(tuple(values_file(name) for name in names), values or {}, **more)
    run = run_helm if options.server is not None else _run_helm_once
    said = run("template", options.release, str(CHART), "--namespace", options.namespace, *_arguments(options))
    return Rendering(tuple(each for each in yaml.load_all(said, LOADER) if each))


def lint(*names: str) -> str:
    """Lint strictly; give what helm said.

    Raises:
        RenderingError: it found fault.

    """
    return run_helm("lint", "--strict", str(CHART), *_arguments(Options([values_file(name) for name in names])))


def run_helm(*arguments: str) -> str:
    """Run helm; give what it said.

    Raises:
        RenderingError: it failed.

    """
    helm = find_tool("helm")
    with tempfile.TemporaryDirectory() as home:  # where it leaves what it learnt of a cluster
        environment = {"PATH": str(Path(helm).parent), "HOME": home}
        done = subprocess.run(  # noqa: S603 - helm, with arguments of the tests' own
            [helm, *arguments], capture_output=True, text=True, check=False, env=environment, timeout=120
        )
    if done.returncode:
        raise RenderingError(done.stderr + done.stdout)
    return done.stdout


_run_helm_once = cache(run_helm)  # the same values give the same, without a cluster


def _arguments(options: Options) -> list[str]:
    arguments = [argument for file in options.files for argument in ("--values", str(file))]
    arguments += [
        text for key, value in options.values.items() for text in ("--set-json", f"{key}={json.dumps(value)}")
    ]
    arguments += [text for version in options.api_versions for text in ("--api-versions", version)]
    if options.kube_version is not None:
        arguments += ["--kube-version", options.kube_version]
    if options.server is not None:
        arguments += ["--dry-run=server", "--disable-openapi-validation", "--kube-apiserver", options.server]
        arguments += ["--qps=1000", "--burst-limit=1000"]
    return arguments
