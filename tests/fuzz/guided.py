"""A search that is guided by which lines of the decoders a case reaches. Needs atheris, which is imported late."""

from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).parent / "corpus"
_WORDS: Final = Path(__file__).parent / "words.dict"
_LONGEST_CASE_BYTES: Final = 4096
_LONGEST_S: Final = 10  # for one case: it takes far less than a thousandth of that


def search(program: str, seconds: int, grown: Path) -> None:
    """Search, and end the process: with an error when a case breaks a decoder; such a case is put into the corpus.

    Cases that reach something new are put into the folder `grown`, and a later search begins from there, too.
    """
    import atheris  # noqa: PLC0415 - there is none for every Python

    with atheris.instrument_imports(include=["rds_csi_async", "tests.fuzz.target", "json"]):
        from tests.fuzz.target import decode  # noqa: PLC0415 - instrumented while it is imported
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={_LONGEST_CASE_BYTES}",
        f"-timeout={_LONGEST_S}",
        f"-dict={_WORDS}",
        f"-artifact_prefix={CORPUS}/found-",
        "-print_final_stats=1",
    ]
    atheris.Setup([program, *options, str(grown), str(CORPUS)], decode)
    atheris.Fuzz()
