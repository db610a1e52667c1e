"""dystream distill-encoder: distil causal students of the published audio encoders.

A causal student with a lookahead is trained to return the features of the two-sided encoder on any speech. Its error is
compared with that of truncating the input.
"""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream distill-encoder --model models/released --speech corpus/speech --run runs/students
  dystream distill-encoder --model models/released --speech corpus/speech --run runs/ahead100 --lookahead 100
Ctrl-C stops it; the same command continues. At the end the students are stored beside the weights: set
`encoder: student` in the model file.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--model", type=Path, required=True, help="folder that dystream convert wrote")
    parser.add_argument("--speech", type=Path, required=True, help="folder of sound files, any speech")
    parser.add_argument(
        "--run",
        dest="folder",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="folder of this run; continued if it exists",
    )
    parser.add_argument(
        "--party", choices=("self", "other", "both"), default="both", help="audio encoder (default %(default)s)"
    )
    parser.add_argument("--lookahead", type=int, default=60, help="ms, in steps of 20 (default %(default)s)")
    parser.add_argument(
        "--window", type=float, default=3.84, help="seconds of sound that the student receives (default %(default)s)"
    )
    parser.add_argument("--steps", type=int, default=20_000, help="number of batches (default %(default)s)")
    parser.add_argument("--batch", type=int, default=8, help="clips per batch (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a clip (default %(default)s)")
    parser.add_argument("--rate", type=float, default=1e-4, help="highest learning rate (default %(default)s)")
    parser.add_argument("--limit", type=float, default=36_000, help="seconds of speech to read (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the order of clips (default %(default)s)")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import torch
    from tqdm import tqdm

    from dystream_lab.released.distillation import Distillation, DistillationConfig, evaluate
    from dystream_lab.released.speech import clips, read_speech
    from dystream_ros.cli.arguments import check_folder, check_output_folder
    from dystream_ros.models.released.files.loading import student_file
    from dystream_ros.models.released.files.weights import load_generator
    from dystream_ros.models.released.streaming.student import StudentEncoder

    check_folder(args.model, "weights that `dystream convert` wrote")
    check_folder(args.speech, "sound files")
    check_output_folder(args.folder)
    device = args.device if args.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    generator = load_generator(args.model).to(device)
    train_clips, held_out = clips(read_speech(args.speech, args.limit), args.seconds)
    warm_up = min(500, max(1, args.steps // 10))
    config = DistillationConfig(args.steps, args.batch, args.rate, warm_up, seed=args.seed)
    window = round(args.window * 50)
    for party in ("self", "other") if args.party == "both" else (args.party,):
        teacher = generator.audio_encoder_face if party == "self" else generator.audio_encoder_face_other
        student = StudentEncoder(teacher, args.lookahead * 16, window)
        folder = args.folder / party
        distillation = Distillation(teacher, student, folder, config)
        with tqdm(total=config.steps, initial=distillation.step, desc=party, unit="step", disable=None) as progress:
            for _, loss in distillation.run(train_clips):
                progress.update()
                progress.set_postfix(loss=f"{loss:.4f}")
        errors = evaluate(teacher, student, held_out, window, folder)
        distillation.export(args.model / student_file(party))
        print(
            f"{party}: lookahead {errors['lookahead_ms']} ms, relative error of the newest features "
            f"{errors['student']:.3f} (student), {errors['truncation']:.3f} (truncation)"
        )
        print(f"wrote {args.model / student_file(party)}")
    return 0
