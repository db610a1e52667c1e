"""dystream study: measure the error of the published model by lookahead, window and bfloat16.

Writes the errors of the streaming model against its own offline inference as Markdown and JSON: by lookahead, by window
length, of the distilled student if there is one, and of bfloat16.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream study --model models/released --speech corpus/speech -o study.md
  dystream study --model models/released --speech corpus/speech --seconds 60 -o study.md
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--model", type=Path, required=True, help="model file, or folder that dystream convert wrote")
    parser.add_argument("--speech", type=Path, required=True, help="folder of sound files, any speech")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the conversation (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the noise (default %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="tables, .md; JSON beside it")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import json
    from dataclasses import asdict

    from dystream_lab.released.speech import clips, read_speech
    from dystream_lab.released.study import Study, markdown
    from dystream_ros.cli.arguments import check_folder, check_model, check_output
    from dystream_ros.models.released.files.conversion import RENDERER_FILE
    from dystream_ros.models.released.files.loading import anchor_of, students_of
    from dystream_ros.models.released.files.model_file import read_model_file
    from dystream_ros.models.released.files.weights import load_autoencoder, load_generator

    check_model(str(args.model))
    check_folder(args.speech, "sound files")
    check_output(args.output)
    file = read_model_file(args.model)
    generator = load_generator(file.weights).to(file.device)
    tracks, _ = clips(read_speech(args.speech, 2.5 * args.seconds), args.seconds)
    if len(tracks) < 2:
        tracks = [tracks[0], tracks[0][::-1].copy()]
    renderer = file.weights / RENDERER_FILE
    autoencoder = load_autoencoder(file.weights).to(file.device) if renderer.is_file() else None
    study = Study(generator, tracks[0], tracks[1], anchor_of(file, generator).to(file.device), autoencoder, args.seed)
    rows = []
    for row in study.rows(students_of(file, generator)):
        rows.append(row)
        print(markdown([row]).splitlines()[-1])
        # Written after every row: a row takes minutes with the published weights on a CPU.
        args.output.write_text(markdown(rows))
        args.output.with_suffix(".json").write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    print(f"wrote {args.output} and {args.output.with_suffix('.json')}")
    return 0
