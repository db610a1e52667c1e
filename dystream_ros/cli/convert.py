"""dystream convert: convert the published DyStream checkpoints.

Writes safetensors with what inference needs (averaged weights, no optimiser) and a report. The checkpoints are read as
tensors and plain values: no code in them is run. With --portrait, encodes a photo for converted weights.
"""

import argparse
from pathlib import Path

DEFAULT_FOLDER = Path.home() / ".local/share/dystream_ros/models/released"
EXAMPLES = """examples:
  dystream convert --checkpoint last.ckpt --renderer epoch=0-step=312000.ckpt
  dystream convert --checkpoint mine.ckpt --any-size -o models/mine/
  dystream convert --portrait me.jpg                   a face for converted weights: me.safetensors beside them
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="motion generator, last.ckpt")
    parser.add_argument("--renderer", type=Path, metavar="FILE", help="autoencoder, epoch=0-step=312000.ckpt")
    parser.add_argument(
        "--portrait", type=Path, metavar="PHOTO", help="photo of a face, encoded with the renderer's weights"
    )
    parser.add_argument(
        "--unmasked", action="store_true", help="the motion encoder receives the whole face, not eyes and mouth alone"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=DEFAULT_FOLDER,
        metavar="FOLDER",
        help="folder of the model (default %(default)s, where the model `released` is looked for)",
    )
    parser.add_argument("--any-size", action="store_true", help="accept files of another size than the published ones")
    parser.add_argument("--heads", type=int, default=12, help="attention heads of the generator (default %(default)s)")
    parser.add_argument(
        "--encoder-heads", type=int, default=12, help="attention heads of its audio encoders (default %(default)s)"
    )
    parser.add_argument("--window", type=int, default=96, help="frames of its window (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    _check(args)
    from dystream_ros.models.released.files.conversion import convert_generator, convert_renderer, write_report

    done = []
    if args.checkpoint:
        sizes = (args.heads, args.encoder_heads, args.window)
        done.append(convert_generator(args.checkpoint, args.output, args.any_size, *sizes))
    if args.renderer:
        done.append(convert_renderer(args.renderer, args.output, args.any_size))
    for conversion in done:
        print(f"{conversion.source}: {conversion.source_bytes:,} bytes, SHA-256 {conversion.source_sha256}")
        print(f"  {conversion.checked}; {'; '.join(conversion.notes)}")
        print(f"  {conversion.report}")
        print(f"  wrote {conversion.target}: {conversion.tensors} weights, {conversion.target_bytes:,} bytes")
    if done:
        print(f"report: {write_report(args.output, done)}")
    if args.portrait:
        print(f"wrote {_encode_portrait(args.portrait, args.output, not args.unmasked)}; name it in the model file")
    return 0


def _check(args: argparse.Namespace) -> None:
    from dystream_ros.cli.arguments import check_file, check_output_folder
    from dystream_ros.cli.missing_packages import require

    if args.checkpoint is None and args.renderer is None and args.portrait is None:
        raise ValueError("nothing to convert; give --checkpoint FILE, --renderer FILE or --portrait PHOTO")
    for path, what in ((args.checkpoint, "checkpoint"), (args.renderer, "checkpoint"), (args.portrait, "photo")):
        if path is not None:
            check_file(path, what)
    if args.portrait is not None:
        require("mediapipe", "encoding a portrait")
    check_output_folder(args.output)


def _encode_portrait(photo: Path, folder: Path, masked: bool) -> Path:
    from dystream_ros.models.released.files.masked_portrait import encoder_pictures
    from dystream_ros.models.released.files.portrait import cache_path, encode_portrait
    from dystream_ros.models.released.files.weights import load_autoencoder
    from dystream_ros.portraits.landmarks import Landmarker
    from dystream_ros.rendering.photo import read_photo

    autoencoder = load_autoencoder(folder)
    with Landmarker() as landmarker:

        def find(image):
            faces = landmarker.detect(image)
            return faces[0].landmarks if faces else None

        pictures = encoder_pictures(read_photo(photo), find, autoencoder.config.image)
    target = folder / f"{photo.stem}.safetensors"
    codes = encode_portrait(autoencoder, pictures, masked)
    codes.save(target)
    codes.save(cache_path(photo, folder, masked))  # so that a model file may name the photo itself
    return target
