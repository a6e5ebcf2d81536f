"""A search that is guided by which lines of the decoders a case reaches. Needs atheris, which is imported late."""

from pathlib import Path
from typing import Final

from tests.fuzz.mutation import mutate
from tests.transcripts import list_transcripts, read_transcript

CORPUS: Final = Path(__file__).parent / "corpus"
_WORDS: Final = Path(__file__).parent / "words.dict"
_LONGEST_CASE_BYTES: Final = 4096
_LONGEST_S: Final = 10  # for one case: it takes far less than a thousandth of that


def search(program: str, seconds: int, grown: Path) -> None:
    """Search, and end the process: with an error when a case breaks a decoder; such a case is put into the corpus.

    It begins from the transcripts, the corpus, and the folder `grown`, where cases that reach something new are put.
    """
    import atheris  # noqa: PLC0415 - there is none for every Python

    with atheris.instrument_imports(include=["rds_csi_async", "tests.fuzz.target", "json"]):
        from tests.fuzz.target import FRAMED, RAW, decode  # noqa: PLC0415 - instrumented while it is imported
    for name in list_transcripts():
        text = read_transcript(name).reply
        rows = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("="))
        (grown / name).write_bytes(RAW + text.encode())
        (grown / f"{name}-rows").write_bytes(FRAMED + rows.encode())
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={_LONGEST_CASE_BYTES}",
        f"-timeout={_LONGEST_S}",
        f"-dict={_WORDS}",
        f"-artifact_prefix={CORPUS}/found-",
        "-print_final_stats=1",
    ]

    def mutate_case(case: bytes, longest: int, seed: int) -> bytes:
        changed = mutate(case, seed) if seed % 2 else None
        if changed is None or len(changed) > longest:
            return bytes(atheris.Mutate(case, longest))
        return changed

    atheris.Setup([program, *options, str(grown), str(CORPUS)], decode, custom_mutator=mutate_case)
    atheris.Fuzz()
