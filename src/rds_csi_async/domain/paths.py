"""The paths that the orchestrator names."""

from rds_csi_async.domain.errors import InvalidRequestError

LONGEST_PATH_BYTES = 4095  # PATH_MAX of Linux, without its NUL


def parse_path(text: str) -> str:
    """Take a path as the mount table writes it, since that is compared letter by letter: absolute, no '.', no '//'.

    Raises:
        InvalidRequestError: it is not absolute, goes up, is the root, or can be no path at all.

    """
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not text.startswith("/") or not parts or ".." in parts or "\0" in text:
        message = f"{text[:200]!r} is not an absolute path without '..'"
        raise InvalidRequestError(message)
    path = "/" + "/".join(parts)
    if len(path.encode(errors="surrogateescape")) > LONGEST_PATH_BYTES:
        message = f"{text[:200]!r}... is longer than {LONGEST_PATH_BYTES} bytes"
        raise InvalidRequestError(message)
    return path
