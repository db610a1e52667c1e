"""All voices with their engines and splits.

Splits separate speakers, not files: a speaker with voices in two engines (kal, slt, heart) is in one split. "test"
voices are reserved for `dystream evaluate`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """A voice of an engine; `split` is "train", "valid" or "test"."""

    engine: str
    name: str
    split: str


_KOKORO_ENGLISH = (
    "af_alloy af_aoede af_bella af_heart af_jessica af_kore af_nicole af_nova af_river af_sarah af_sky "
    "am_adam am_echo am_eric am_fenrir am_liam am_michael am_onyx am_puck am_santa "
    "bf_alice bf_emma bf_isabella bf_lily bm_daniel bm_fable bm_george bm_lewis"
).split()
# Styles of other languages speak English with an accent: additional speakers.
_KOKORO_OTHER = (
    "ef_dora em_alex ff_siwis hf_alpha hf_beta hm_omega hm_psi if_sara im_nicola jf_alpha jf_gongitsune jm_kumo "
    "pf_dora pm_alex zf_xiaobei zf_xiaoni zm_yunjian zm_yunxi"
).split()
_ESPEAK = (
    "en-us+m1 en-us+m3 en-us+m5 en-us+f1 en-us+f2 en-us+f4 en+m2 en+m4 en+f3 en-gb-scotland+m6 en+m7 en-us+f5"
).split()
_FLITE = ("awb", "rms", "slt", "kal", "kal16")
_FESTIVAL = ("ked_diphone", "kal_diphone", "cmu_us_slt_arctic_hts")

_VALID = {
    ("kokoro", "af_nova"), ("kokoro", "am_eric"), ("kokoro", "bf_lily"), ("kokoro", "bm_lewis"),
    ("espeak", "en+m7"), ("espeak", "en-us+f5"),
}  # fmt: skip
_TEST = {
    ("kokoro", "af_heart"), ("flite", "slt"), ("flite", "kal"), ("flite", "kal16"),
    ("festival", "kal_diphone"), ("festival", "cmu_us_slt_arctic_hts"), ("hibari", "af_heart"), ("piper", "joe"),
}  # fmt: skip


def _voice(engine: str, name: str) -> Voice:
    key = (engine, name)
    return Voice(engine, name, "test" if key in _TEST else "valid" if key in _VALID else "train")


VOICES: tuple[Voice, ...] = tuple(
    _voice(engine, name)
    for engine, names in (
        ("kokoro", _KOKORO_ENGLISH + _KOKORO_OTHER),
        ("flite", _FLITE),
        ("festival", _FESTIVAL),
        # Voices of other languages read English letters by their own rules, which is still speech with phone times.
        ("festival-fi", ("suo_fi_lj_diphone", "hy_fi_mv_diphone")),
        ("festival-ca", ("upc_ca_ona_hts",)),
        ("espeak", _ESPEAK),
        ("hibari", ("af_heart",)),  # a network distilled from Kokoro's voice
        ("piper", ("joe",)),
        ("festvox-ru", ("msu_ru_nsh",)),  # its training half: festvox_ru.is_held_out
    )
    for name in names
)


def voices_of(engine: str) -> list[Voice]:
    """The voices of an engine for the corpus: all except test voices."""
    return [voice for voice in VOICES if voice.engine == engine and voice.split != "test"]
