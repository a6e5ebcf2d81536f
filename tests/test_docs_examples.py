"""What the docs tell people to type is what the chart, the driver and the appliance's language take."""

import re
import shlex
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from rds_csi_async.app.appliance_config import parse_appliances
from rds_csi_async.app.config import scalar_fields
from rds_csi_async.simulator.pools import PoolSettings
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.storage import Storage
from tests.chart.rendering import CHART, Rendering, run_helm, values_file
from tests.simulator.conftest import GIB, Bench

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", CHART / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
# Where a key of people's own choosing stands in `appliances` and the like, the defaults say what it may have.
DEFAULTS = {"appliances": "applianceDefaults", "pools": "poolDefaults", "named": "storageClassDefaults"}
NEEDED = {"applianceDefaults": {"address", "secretName", "pools"}, "poolDefaults": {"slot", "fsUuid"}}
NEEDED |= {"storageClassDefaults": {"appliance", "pool"}}
UUID = "35e7406b-8020-5c93-8b40-feb1ad7fc3ad"
LEFT = """([:len [/disk/find where slot~"^rds1-"]] + [:len [/file/find where name~"disk.img"]]
 + [:len [/disk/btrfs/subvolume/find where name~"^rds1-"]])""".replace("\n", "")
READS = (":put ", "/disk/print")


def _blocks(page: Path, language: str) -> list[str]:
    """Give a page's blocks of code in one language, those in lists too, without their indent."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, text in found]


def _all(language: str) -> list[str]:
    return [block for page in PAGES for block in _blocks(page, language)]


ROUTEROS = _all("routeros")


def _commands(program: str) -> list[list[str]]:
    lines = [line for block in _all("sh") for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith(f"{program} ")]


def _helm_installs() -> list[list[str]]:
    return [words for words in _commands("helm") if words[1] in {"install", "upgrade"}]


def _exists(path: list[str]) -> bool:
    """Tell whether there is such a value, one in `appliances.rds.pools.main` say."""
    at: Any = VALUES
    needed: set[str] = set()
    while path:
        key, *path = path
        if key in needed and key not in DEFAULTS:
            return not path
        if key in DEFAULTS and (key in needed or key in at):
            if len(path) < 2:
                return True
            name = DEFAULTS[key]
            at, needed, path = VALUES[name], NEEDED[name], path[1:]
        elif isinstance(at, dict) and key in at:
            at, needed = at[key], set()
        else:
            return False
    return True


def _mentioned(page: Path) -> list[str]:
    """Give what stands between backticks and begins as a value's path does."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    paths = [
        match[1] for span in spans if (match := re.fullmatch(r"(?:--set )?([A-Za-z]+(?:\.[A-Za-z]+)+)(?:=.*)?", span))
    ]
    return [path for path in paths if path.split(".")[0] in VALUES]


def test_the_pages_have_what_is_looked_at() -> None:
    """A changed way to write a block must not make all of this empty, and so true."""
    counts = {language: len(_all(language)) for language in ("sh", "toml", "yaml", "routeros")}
    assert min(counts.values()) > 0
    assert len(_helm_installs()) >= 4
    assert any("nvmePort" in path for page in PAGES for path in _mentioned(page))


@pytest.mark.parametrize("words", _helm_installs(), ids=lambda words: " ".join(words)[:80])
def test_every_installation_is_one_that_the_chart_takes(words: list[str], tmp_path: Path) -> None:
    """With the values that the page says are given already, and a cluster id in the cluster's place."""
    values = tmp_path / "values.yaml"
    values.write_text(values_file("minimal").read_text())
    alone = "-f" not in words and words[1] == "install"
    settings = [text for word, text in pairwise(words) if word == "--set"]
    arguments = [argument for text in settings for argument in ("--set", text)]
    files = [] if alone else ["--values", str(values)]
    more = ["--set", "clusterId=a"]
    if "simulator.enabled=true" in settings:
        more += ["--set", "simulator.nodeName=a"]
    assert str(ROOT / words[3]) == str(CHART)
    objects = Rendering(tuple(yaml.safe_load_all(run_helm("template", "rds", str(CHART), *files, *arguments, *more))))
    assert {"controller", "node"} <= set(objects.pods)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_value_that_is_named_exists(page: Path) -> None:
    """In prose and tables, whether set there or only spoken of."""
    assert [path for path in _mentioned(page) if not _exists(path.split("."))] == []


def test_a_value_that_does_not_exist_is_found_out() -> None:
    """The look-up above says no too."""
    paths = (
        "appliances.rds.nope",
        "appliances.rds.pools.main.fsuuid",
        "node.nope",
        "logLevel.a",
        "appliances.rds.slot",
    )
    assert [path for path in paths if _exists(path.split("."))] == []
    assert _exists(["storageClasses", "named", "any", "appliance"])


def test_every_settings_file_is_one_that_the_driver_takes() -> None:
    """The driver refuses what it does not know."""
    for block in _all("toml"):
        tables = tomllib.loads(block)
        assert set(tables) - {"appliances", "nvme"} <= set(scalar_fields())
        parse_appliances(tables.get("appliances", {}))


def test_every_claim_names_a_class_that_the_chart_makes() -> None:
    """By the names that the installation beside it chose."""
    objects = [each for block in _all("yaml") for each in yaml.safe_load_all(block)]
    claims = [each for each in objects if each.get("kind") == "PersistentVolumeClaim"]
    rendered = run_helm("template", "rds", str(CHART), "--values", str(values_file("minimal")))
    classes = {each["metadata"]["name"] for each in yaml.safe_load_all(rendered) if each["kind"] == "StorageClass"}
    assert {claim["spec"]["storageClassName"] for claim in claims} == {"rds-main"} <= classes


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """Give an appliance whose pool is the one of the pages, `raid1`."""
    pools = (PoolSettings("raid1", "btrfs", GIB, UUID),)
    bench = Bench(tmp_path)
    bench.settings, bench.storage = SimulatorSettings(tmp_path, pools), Storage(tmp_path / "pools", pools)
    return await bench.open()


def test_every_object_that_is_asked_for_is_there() -> None:
    """By the name that it has when it was installed as the page says."""
    rendered = run_helm("template", "rds", str(CHART), "--values", str(values_file("minimal")))
    names = {each["metadata"]["name"] for each in yaml.safe_load_all(rendered)}
    asked = re.findall(r"(?:deploy/|delete storageclass )([\w-]+)", (ROOT / "docs" / "install.md").read_text())
    assert len(asked) > 1
    assert set(asked) - names == set()


async def test_what_is_read_on_the_appliance_can_be_read_there(bench: Bench) -> None:
    """The lines that only look, at the simulator's console."""
    lines = [line for block in ROUTEROS for line in block.splitlines() if line.startswith(READS)]
    said = {line: await bench.run(line) for line in lines}
    assert [line for line, text in said.items() if _is_error(text)] == []
    assert [text.strip() for line, text in said.items() if line.startswith(":put")] == [UUID]


async def test_a_volume_is_removed_by_hand_as_the_page_says(bench: Bench) -> None:
    """Its disk, its file and its subvolume, in the page's own words, without an error."""
    (block,) = [block for block in ROUTEROS if "/disk/remove" in block]
    slot = re.findall(r"\[find slot=(\S+)\]", block)[0]
    await bench.run(f"/disk/btrfs/subvolume/add fs=raid1 name={slot}")
    await bench.run(
        f"/disk/add type=file slot={slot} file-path=raid1/{slot}/disk.img file-size=16M nvme-tcp-export=yes"
    )
    assert await bench.value(LEFT) == "3"
    said = [await bench.run(line) for line in block.splitlines() if not line.startswith("/user")]
    assert [text for text in said if _is_error(text)] == []
    assert await bench.value(LEFT) == "0"


def _is_error(text: str) -> bool:
    return bool(re.search(r"\(line \d+ column|; line \d+\)|no such item|failure|expected", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading in it."""
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file), target


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
