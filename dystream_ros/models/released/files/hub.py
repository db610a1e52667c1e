"""Downloads the published files from their hub."""

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
    "Ask the authors whether you may use them."
)


def fetch(folder: Path, repository: str = REPOSITORY, revision: str = "main") -> Iterator[Path]:
    """Download the published files into `folder`, one after another; an interrupted download is resumed.

    Each file's hash is compared with the hub's and recorded in SHA256SUMS beside it. Yields each path once it is
    complete.

    Raises:
        ValueError: huggingface_hub is not installed, or a downloaded file has another size or hash.
    """
    try:
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    except ImportError as error:
        raise ValueError(
            "`dystream fetch` needs the package huggingface_hub: run `pip install '.[released]'` in the checkout"
        ) from error
    for name, size in FILES.items():
        published = get_hf_file_metadata(hf_hub_url(repository, name, revision=revision)).etag
        path = Path(hf_hub_download(repository, name, revision=revision, local_dir=folder))
        if path.stat().st_size != size:
            raise ValueError(f"{path} has {path.stat().st_size:,} bytes, expected {size:,}: delete it and fetch again")
        found = sha256_of(path)
        # The hub's tag of a large file is its SHA-256; that of a small one is a Git hash, which is shorter.
        if published and len(published) == len(found) and published != found:
            raise ValueError(f"{path} has SHA-256 {found}, the hub has {published}: delete it and fetch again")
        record_checksum(path, found)
        yield path


def record_checksum(path: Path, digest: str) -> None:
    """Write or replace a file's line in the SHA256SUMS beside it."""
    sums = path.parent / CHECKSUMS_FILE
    lines = sums.read_text().splitlines() if sums.is_file() else []
    kept = [line for line in lines if line.split(maxsplit=1)[1] != path.name]
    sums.write_text("\n".join([*kept, f"{digest}  {path.name}"]) + "\n")
