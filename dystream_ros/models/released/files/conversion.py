"""Converts published checkpoints to the files that this package reads: safetensors with what inference needs."""

import hashlib
import json
import pickle
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from dystream_ros.models.released.files.state_dict import (
    UNREAD_GENERATOR_KEYS,
    UNREAD_RENDERER_KEYS,
    LoadReport,
    compare,
    fold_weight_norm,
    with_prefix_removed,
)
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.configuration import config_from_state
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.tensor_file import write_tensors

GENERATOR_BYTES = 7_730_126_719
RENDERER_BYTES = 1_579_672_001
GENERATOR_FILE, RENDERER_FILE, REPORT_FILE = "generator.safetensors", "renderer.safetensors", "conversion.json"
CHECKSUMS_FILE = "SHA256SUMS"
_BUFFERS = re.compile(r"\.rope\.(cos|sin)_angles$|\.self_attn_pos\.pe\.pe$")
_RENDERER_TRAINING = ("discriminator.", "criterion_vgg.")


@dataclass(frozen=True)
class Conversion:
    """The record of one conversion.

    Attributes:
        source, source_bytes, source_sha256: the checkpoint.
        checked: how its hash was checked.
        target, target_bytes, tensors: the written file and its number of weights.
        notes: remarks, e.g. whether the averaged weights were found.
        report: keys that were missing, unexpected or of another shape.
    """

    source: str
    source_bytes: int
    source_sha256: str
    checked: str
    target: str
    target_bytes: int
    tensors: int
    notes: tuple[str, ...] = ()
    report: LoadReport = field(default_factory=LoadReport)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file of any size, 64 hexadecimal digits."""
    digest = hashlib.sha256()  # Python 3.10 has no hashlib.file_digest
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_file(path: Path, published_bytes: int, any_size: bool) -> tuple[str, str]:
    """SHA-256 of a checkpoint, and how it was checked against the SHA256SUMS beside it that `dystream fetch` writes.

    Raises:
        ValueError: its size differs from the published file's (unless `any_size`), or its hash from the recorded one.
    """
    size = path.stat().st_size
    if size != published_bytes and not any_size:
        raise ValueError(
            f"{path} has {size:,} bytes, the published file {published_bytes:,}: fetch it again, "
            "or give --any-size if it is a checkpoint of your own"
        )
    found = sha256_of(path)
    sums = path.parent / CHECKSUMS_FILE
    recorded = {}
    if sums.is_file():
        recorded = {name: digest for digest, name in (line.split(maxsplit=1) for line in sums.read_text().splitlines())}
    if path.name not in recorded:
        return found, f"no {CHECKSUMS_FILE} beside it"
    if recorded[path.name] != found:
        raise ValueError(f"{path} has SHA-256 {found}, {sums} has {recorded[path.name]}: fetch it again")
    return found, f"agrees with {CHECKSUMS_FILE}"


def read_checkpoint(path: Path) -> dict:
    """A checkpoint of the published format; only tensors and plain values are read, no code in it is run.

    Raises:
        ValueError: it holds other objects or has no state dict.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise ValueError(
            f"{path} cannot be read as tensors and plain values only ({first}); "
            "give the published checkpoint, or save yours again with tensors only"
        ) from error
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("state_dict"), dict):
        raise ValueError(f"{path} has no state_dict; a Lightning checkpoint is expected")
    return checkpoint


def averaged_weights(checkpoint: dict) -> tuple[dict[str, Tensor], str]:
    """The generator's state dict with the averaged (EMA) weights in place, and a note on them.

    The averages are a list in the order of the parameters, the order of the state dict without its buffers.

    Raises:
        ValueError: the list does not fit the parameters.
    """
    state = with_prefix_removed(checkpoint["state_dict"], "model.")
    averages = checkpoint.get("ema_state")
    if averages is None:
        return state, "no averaged weights (ema_state) in the checkpoint: weights of the last step used"
    names = [name for name in state if not _BUFFERS.search(name)]
    shadow = list(averages["shadow_params"])
    if len(names) != len(shadow):
        raise ValueError(f"ema_state has {len(shadow)} weights for {len(names)} parameters; give one per parameter")
    for name, weight in zip(names, shadow, strict=True):
        if weight.shape != state[name].shape:
            raise ValueError(f"ema_state has {tuple(weight.shape)} in the place of {name} {tuple(state[name].shape)}")
        state[name] = weight
    updates, decay = averages.get("num_updates"), averages.get("decay")
    return state, f"averaged weights used (decay {decay}, {updates} updates)"


def convert_generator(
    path: Path, folder: Path, any_size: bool = False, heads: int = 12, encoder_heads: int = 12, window: int = 96
) -> Conversion:
    """Write the motion generator's averaged weights into `folder`.

    Args:
        path: last.ckpt.
        any_size: accept another size than the published file's.
        heads, encoder_heads, window: sizes of the network that the shapes of its weights do not determine.

    Raises:
        ValueError: the file, its averages or its keys do not fit; the message lists them.
    """
    digest, checked = check_file(path, GENERATOR_BYTES, any_size)
    state, note = averaged_weights(read_checkpoint(path))
    folded = fold_weight_norm(state)
    config = config_from_state(folded, heads=heads, encoder_heads=encoder_heads, window=window)
    with torch.device("meta"):
        wanted = MotionGenerator(config).state_dict()
    sizes = {"heads": str(heads), "encoder_heads": str(encoder_heads), "window": str(window)}
    return _write(path, digest, checked, folder / GENERATOR_FILE, folded, wanted, UNREAD_GENERATOR_KEYS, sizes, (note,))


def convert_renderer(path: Path, folder: Path, any_size: bool = False) -> Conversion:
    """Write the four inference modules of the autoencoder into `folder`; as `convert_generator`."""
    digest, checked = check_file(path, RENDERER_BYTES, any_size)
    state = read_checkpoint(path)["state_dict"]
    left = sum(key.startswith(_RENDERER_TRAINING) for key in state)
    with torch.device("meta"):
        wanted = {k: v for k, v in Autoencoder().state_dict().items() if not UNREAD_RENDERER_KEYS.search(k)}
    notes = (f"{left} training-only weights left out",)
    return _write(path, digest, checked, folder / RENDERER_FILE, state, wanted, UNREAD_RENDERER_KEYS, {}, notes)


def _write(
    source: Path,
    digest: str,
    checked: str,
    target: Path,
    state: dict[str, Tensor],
    wanted: dict[str, Tensor],
    unread: re.Pattern[str],
    metadata: dict[str, str],
    notes: tuple[str, ...],
) -> Conversion:
    report = compare(wanted, state, unread)
    if not report.usable:
        raise ValueError(f"{source} does not hold the published network\n{report}")
    weights = {key: state[key].to(torch.float32) for key in wanted}
    write_tensors(weights, target, metadata | {"source_sha256": digest})
    return Conversion(
        str(source),
        source.stat().st_size,
        digest,
        checked,
        str(target),
        target.stat().st_size,
        len(weights),
        notes,
        report,
    )


def write_report(folder: Path, conversions: list[Conversion]) -> Path:
    """Write the records as JSON beside the weights, and return its path."""
    path = folder / REPORT_FILE
    path.write_text(json.dumps([asdict(conversion) for conversion in conversions], indent=2) + "\n")
    return path
