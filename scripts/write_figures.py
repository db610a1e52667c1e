"""Writes the table of figures in README.md from benchmarks/results.json: python scripts/write_figures.py"""

import json
import re
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results.json"
LOOKAHEAD = 60  # ms
BEGIN, END = "<!-- figures -->\n", "\n<!-- end -->"


def section(results: dict[str, dict]) -> str:
    """The paragraph on the run and the table of times, in Markdown."""
    engine, rendering, live = results["engine"], results["rendering"], results["live"]
    machine = live["machine"]
    rows = [
        ("engine step, alone on a core", engine["step_ms"], "2.5"),
        ("image 512x512, alone", rendering["512x512"]["image_ms"], "7"),
        ("image 256x256, alone", rendering["256x256"]["image_ms"], "4"),
        ("processing, to motion", live["processing_to_motion_ms"], "p95 8"),
        ("processing, to the image in another process", live["processing_to_image_elsewhere_ms"], "p95 18"),
        ("latency of motion", live["latency_of_motion_ms"], ""),
    ]
    table = ["| ms | p50 | p95 | p99 | target |", "|---|---|---|---|---|"]
    table += [f"| {name} | {_row(values)} | {target} |" for name, values, target in rows]
    image = live["processing_to_image_elsewhere_ms"]
    text = (
        f"Figures of `make bench` ([benchmarks/results.json](benchmarks/results.json)), weights "
        f"{engine['weights_sha256']}, {machine['cores']} cores of an {machine['processor']}, no GPU; the shipped "
        f"conversation for {live['minutes']:g} minutes, 512x512 images read by another process:"
    )
    closing = (
        f"{live['frames']:,} frames, {live['frames_lost'] or 'none'} lost, and {live['images_lost_percent']:g} % of "
        f"the images. The head uses {live['head_share_of_one_core']:.2f} of a core and "
        f"{live['head_pss_mib']['last']} MiB (PSS), and is active {_active(results):.1f} s after its start; one core "
        f"steps {results['sessions']['sessions_at_25_fps']} sessions. *Processing* runs from the arrival of the last "
        "sample that a frame needs to publication, *latency* from its stamp. Lookahead plus processing (the paper: "
        f"under 100 ms) is {LOOKAHEAD + image['p50']:.0f} ms to the image, p95 {LOOKAHEAD + image['p95']:.0f} ms."
    )
    return "\n\n".join([text, "\n".join(table), closing])


def written(page: str, results: dict[str, dict]) -> str:
    """The page with what stands between its marks replaced."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END.strip("\n"))
    return re.sub(pattern, lambda _: BEGIN + "\n" + section(results) + "\n" + END, page, flags=re.DOTALL)


def _active(results: dict[str, dict]) -> float:
    """Seconds from the start of the process to the active head, median of the runs."""
    return statistics.median(results["start"]["active_s"])


def _row(values: dict[str, float]) -> str:
    return " | ".join(f"{values[name]:.1f}" for name in ("p50", "p95", "p99"))


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), json.loads(RESULTS.read_text())))
