"""The published files on their hub."""

from collections.abc import Iterator
from pathlib import Path

from dystream_ros.models.released.files.conversion import CHECKSUMS_FILE, GENERATOR_BYTES, RENDERER_BYTES, sha256_of

REPOSITORY = "robinwitch/DyStream"
# Path in the repository and size in bytes.
FILES = {
    "checkpoints/last.ckpt": GENERATOR_BYTES,
    "tools/pretrained_model/epoch=0-step=312000.ckpt": RENDERER_BYTES,
}
LICENCE_NOTICE = (
    f"The files of {REPOSITORY} carry no licence: their authors have granted no right to use, change or pass them on. "
    "Whether you may use them is between you and them."
)


def fetch(folder: Path, repository: str = REPOSITORY, revision: str = "main") -> Iterator[Path]:
    """Download the published files into `folder`, one after another, going on where an earlier download stopped.

    Each file's hash is compared with the hub's and noted in SHA256SUMS beside it.

    Raises:
        ValueError: huggingface_hub is not installed, or a file came with another size or hash.
    """
    try:
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    except ImportError as error:
        raise ValueError(
            "fetching needs the package huggingface_hub; install it with `pip install huggingface_hub`"
        ) from error
    for name, size in FILES.items():
        noted = get_hf_file_metadata(hf_hub_url(repository, name, revision=revision)).etag
        path = Path(hf_hub_download(repository, name, revision=revision, local_dir=folder))
        if path.stat().st_size != size:
            raise ValueError(f"{path} has {path.stat().st_size:,} bytes, expected {size:,}: delete it and fetch again")
        found = sha256_of(path)
        # For a large file the hub's tag is its SHA-256; a small one has a Git hash, which says nothing here.
        if noted and len(noted) == len(found) and noted != found:
            raise ValueError(f"{path} has SHA-256 {found}, the hub says {noted}: delete it and fetch again")
        note_checksum(path, found)
        yield path


def note_checksum(path: Path, digest: str) -> None:
    """Write or replace a file's line in the SHA256SUMS beside it."""
    sums = path.parent / CHECKSUMS_FILE
    lines = sums.read_text().splitlines() if sums.is_file() else []
    kept = [line for line in lines if line.split(maxsplit=1)[1] != path.name]
    sums.write_text("\n".join([*kept, f"{digest}  {path.name}"]) + "\n")
