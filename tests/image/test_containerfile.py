"""The Containerfile says what the chart and the driver rely on, and sends nothing else to whoever builds it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from rds_csi_async.host.process import DEBIAN_PACKAGES
from tests.chart.rendering import render
from tests.image.containerfile import Copy, UnknownInstructionError, parse, parse_copy, read
from tests.image.places import IMAGE, ROOT, read_packages

STAGES = read(IMAGE / "Containerfile")
IMAGE_OF_THE_DRIVER = "rds-csi-async"


def _copies() -> list[Copy]:
    return [parse_copy(each) for stage in STAGES for each in stage.instructions if each.name == "COPY"]


def _sources() -> set[str]:
    return {source for copy in _copies() if not copy.stage for source in copy.sources}


def test_every_program_comes_from_a_listed_package() -> None:
    """What the driver runs is in the image; that the package has it is seen in a built one (`tox -e image`)."""
    assert set(DEBIAN_PACKAGES.values()) - {package.name for package in read_packages()} == set()


def test_every_listed_package_says_what_it_is_for() -> None:
    """An image grows by what nobody remembers the use of."""
    packages = read_packages()
    assert [package for package in packages if not package.why or not package.oldest[0].isdigit()] == []
    assert len({package.name for package in packages}) == len(packages)


def test_what_is_pinned_is_what_the_project_asks_for() -> None:
    """A dependency that is changed in one file alone is found out; `.ci/image/pins.py --write` makes the other."""
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", (IMAGE / "requirements.txt").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"], *project["optional-dependencies"]["kubernetes"]]
    wanted = [Requirement(text) for text in listed]
    assert [
        str(each) for each in wanted if not each.specifier.contains(pins.get(each.name, "0"), prereleases=True)
    ] == []


def test_the_list_is_the_only_one() -> None:
    """The last stage installs it, and names no package itself."""
    (install,) = [each.text for each in STAGES[-1].instructions if "apt-get install" in each.text]
    assert "packages.txt" in install
    assert [package.name for package in read_packages() if f" {package.name}" in install] == []


def test_what_is_copied_is_there_and_is_sent() -> None:
    """`.dockerignore` keeps everything else at home: keys, caches, the git history."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert [source for source in _sources() if not (ROOT / source).exists()] == []
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == {
        source.removeprefix("./") for source in _sources()
    }
    assert "*" in lines


def test_every_stage_stands_on_the_same_base() -> None:
    """What is built in one Debian runs in the other because it is the same, and whoever builds may say which."""
    first, *_ = (IMAGE / "Containerfile").read_text().split("FROM")
    assert "ARG BASE=" in first
    assert {stage.base for stage in STAGES} == {"docker.io/library/debian:trixie-slim"}


def test_the_image_runs_as_the_chart_says() -> None:
    """The controller is the same nobody, and every command of the chart is one that the image has."""
    rendering = render("trial")
    security = rendering.pods["controller"]["spec"]["securityContext"]
    assert STAGES[-1].last("USER") == f"{security['runAsUser']}:{security['runAsGroup']}"
    commands = {each["command"][0] for each in _containers(rendering.pods) if IMAGE_OF_THE_DRIVER in each["image"]}
    assert commands - set(STAGES[-1].entrypoint) - set(DEBIAN_PACKAGES) - {"python3"} == set()
    assert set(STAGES[-1].entrypoint) <= commands


def _containers(pods: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        each
        for pod in pods.values()
        for each in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
        if "command" in each
    ]


def test_the_tag_of_the_chart_is_the_version_of_the_project() -> None:
    """An image is tagged with what is in it."""
    chart = yaml.safe_load((ROOT / "charts/rds-csi-async/Chart.yaml").read_text())
    assert f'version = "{chart["appVersion"]}"' in (ROOT / "pyproject.toml").read_text()


def test_no_node_bears_another_ones_name() -> None:
    """nvme-cli's installation makes up a host's name, which all nodes of one image would share."""
    (install,) = [each.text for each in STAGES[-1].instructions if "apt-get install" in each.text]
    assert {"/etc/nvme/hostid", "/etc/nvme/hostnqn"} <= set(install.split())


def test_a_containerfile_is_read_as_an_engine_would() -> None:
    """Continued lines, comments within them, arguments, stages by name."""
    text = "# a\nARG B=x\nFROM ${B} AS one\nENV A=1 C='2 3'\nRUN a \\\n# why\n && b\n"
    text += "FROM ${B}\nCOPY --from=one /a /b /c/\n"
    one, two = parse(text)
    assert (one.base, one.name, two.name, one.environment) == ("x", "one", "", {"A": "1", "C": "2 3"})
    assert one.last("RUN").split() == ["a", "&&", "b"]
    assert parse_copy(two.instructions[0]) == Copy(("/a", "/b"), "/c/", "one")


def test_an_instruction_that_is_not_understood_is_not_passed_over() -> None:
    """Else the image that is tested would not be the one that is built."""
    with pytest.raises(UnknownInstructionError, match="HEALTHCHECK"):
        parse("FROM a\nHEALTHCHECK NONE\n")


def test_the_list_is_read_as_the_containerfile_reads_it() -> None:
    """The same first words, whatever stands behind them."""
    lines = Path(IMAGE / "packages.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines if line[:1].islower()] == [package.name for package in read_packages()]
