"""dystream evaluate faces FOLDER: videos of people who talk, measured beside a model that hears the same sound."""

import argparse
from pathlib import Path

FACES = "faces"


def run(args: argparse.Namespace) -> int:
    """Reads the videos of a folder and prints their measures beside those of the models."""
    if len(args.sections) != 2:
        raise ValueError(f"give one folder of videos: dystream evaluate {FACES} FOLDER; got {args.sections[1:]}")
    from tqdm import tqdm

    from dystream_lab.cli.evaluate import head, network, write
    from dystream_lab.corpus.video.tracks import check_voices, count_pictures, find_videos
    from dystream_lab.evaluation.measures import people
    from dystream_lab.evaluation.reports.tables import table
    from dystream_lab.released.landmark_reader import LandmarkReader
    from dystream_ros.cli.arguments import check_model, check_output, check_output_folder
    from dystream_ros.cli.missing_packages import require

    if args.seeds < 1:
        raise ValueError(f"--seeds is {args.seeds}; accepted are 1 and more")
    videos = find_videos(Path(args.sections[1]))
    total = count_pictures(videos)
    for video in videos:
        check_voices(video, at_least=1)
    require("mediapipe", "reading the faces of videos")
    for name in args.model:
        check_model(name)
    if args.json:
        check_output(args.json)
    check_output_folder(args.cache)
    seen: list[people.Seen] = []
    with LandmarkReader() as reader, tqdm(total=sum(total.values()), unit="picture", disable=None) as bar:
        for pictures, found in people.read(videos, reader.detect, args.cache / "faces", args.face_track):
            bar.update(pictures)
            seen += [found] if found else []
    if not seen:
        raise ValueError(f"no video in {args.sections[1]} shows a face for {people.LEAST:g} s")
    summaries: dict = {}
    for name in args.model:
        made = people.measure(network(name, args.setting), seen, args.seeds)
        summaries |= {name if row == "model" else row: summary for row, summary in made.items()}
    minutes = sum(each.shown.sum() for each in seen) / 25 / 60
    print(table(f"{len(seen)} of {len(videos)} videos, {minutes:.1f} min", summaries))
    if args.json:
        write(args.json, head(args) | {FACES: summaries})
    return 0
