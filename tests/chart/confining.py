"""Says how a container of a rendering is confined, in the words of this machine's programs (util-linux).

Who it is, which capabilities it has and whether it may get more are its security context's. What the machine keeps from
other users, a Python in root's home say, is shown to them in a mount namespace of the process's own.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
# $1: a folder for mounts, $2: what is closed, $3: how many folders of it are needed, then these, then what to run.
SHOW = """set -e
aside=$1 closed=$2 count=$3; shift 3
mount --bind "$aside" "$aside"
number=0
for each in "$@"; do
    [ "$number" -lt "$count" ] || break
    mkdir "$aside/$number"; mount --bind "$each" "$aside/$number"; number=$((number + 1))
done
mount -t tmpfs -o mode=755 none "$closed"
number=0
while [ "$number" -lt "$count" ]; do
    mkdir -p "$1"; mount --bind "$aside/$number" "$1"; number=$((number + 1)); shift
done
exec "$@"
"""


def confine(pod: Mapping[str, Any], container: Mapping[str, Any], aside: Path) -> list[str]:
    """Give the words that stand before a container's command; none for a privileged one. Blocks.

    `aside` is the name of folders to be, in one that others than root may enter.
    """
    of_pod, own = pod["securityContext"], container["securityContext"]
    if own.get("privileged"):
        return []
    user, group = (own.get(key, of_pod.get(key, 0)) for key in ("runAsUser", "runAsGroup"))
    words = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    if own.get("capabilities", {}).get("drop") == ["ALL"]:
        words += ["--inh-caps=-all", "--bounding-set=-all"]
    if own.get("allowPrivilegeEscalation") is False:
        words.append("--no-new-privs")
    return [*(_show(aside) if user else []), *words]


def _show(aside: Path) -> list[str]:
    """Open what is closed, the outermost first: what is shown in it may have closed folders of its own."""
    needed = {Path(each).resolve() for each in (sys.base_prefix, sys.prefix, CHECKOUT)}
    closed = {folder for each in needed for folder in each.parents if not folder.stat().st_mode & 0o001}
    words: list[str] = []
    for number, folder in enumerate(sorted(closed, key=lambda each: len(each.parts))):
        within = {each for each in needed if each.is_relative_to(folder)}
        shown = [str(each) for each in within if not within & set(each.parents)]
        own = aside.with_name(f"{aside.name}.{number}")
        own.mkdir(exist_ok=True)
        words += [
            "unshare",
            "--mount",
            "--propagation",
            "unchanged",
            "sh",
            "-c",
            SHOW,
            "sh",
            str(own),
            str(folder),
            str(len(shown)),
            *shown,
        ]
    return words
