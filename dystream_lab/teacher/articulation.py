"""The one table of how phones shape the mouth: targets of each coefficient, and how strongly a phone insists on them.

Sources: Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993), for targets with dominance;
Jeffers and Barley, "Speechreading" (1971), for which phones look alike; Löfqvist and Gracco (1997) for lips that press
together in P, B, M; Mooshammer, Hoole and Geumann (2007) for the jaw, high in S and SH, low in K, L and vowels; Perkell
and Matthies (1992) for rounding. The numbers are set by eye on the CC0 head, not measured from people. What is no
contact leaves the lips apart by 0.18 of the rig's full opening or more, so that a seal is told from a narrow phone at a
glance.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gesture:
    """Mouth of a phone.

    Attributes:
        jaw: share of jawOpen.
        pucker, funnel: rounding that narrows, and rounding that protrudes and opens.
        spread: corners drawn aside (mouthStretch).
        lower, upper: lower lip lowered, upper lip raised.
        tongue: share of tongueOut.
        hold: dominance of jaw and lower/upper lip (1: a plain vowel).
        round_hold: dominance of pucker, funnel and spread.
    """

    jaw: float
    pucker: float = 0.0
    funnel: float = 0.0
    spread: float = 0.0
    lower: float = 0.0
    upper: float = 0.0
    tongue: float = 0.0
    hold: float = 1.0
    round_hold: float = 1.0


@dataclass(frozen=True)
class Articulation:
    """A phone's gestures in order (two for diphthongs, sharing its time) and the contact its lips must reach.

    contact: "" none, "lips" both lips (P, B, M), "teeth" lower lip under the upper teeth (F, V).
    """

    gestures: tuple[Gesture, ...]
    contact: str = ""
    glide: float = 0.55  # share of the time at which the second gesture takes over


def _one(jaw: float, **values: float) -> Articulation:
    return Articulation((Gesture(jaw, **values),))


_OPEN = Gesture(0.47, lower=0.16, upper=0.08)
_HIGH_FRONT = Gesture(0.22, spread=0.24, lower=0.16, upper=0.08)
_HIGH_BACK = Gesture(0.22, pucker=0.55, funnel=0.18, round_hold=2.0)
_SIBILANT = {"hold": 2.0, "lower": 0.30, "upper": 0.16}

ARTICULATIONS: dict[str, Articulation] = {
    # vowels
    "AA": _one(0.48, lower=0.16, upper=0.08),
    "AE": _one(0.47, spread=0.16, lower=0.22, upper=0.10),
    "AH": _one(0.39, lower=0.13, upper=0.06),
    "AO": _one(0.42, pucker=0.22, funnel=0.30, lower=0.08, round_hold=1.5),
    "AX": _one(0.25, lower=0.09, upper=0.04, hold=0.5, round_hold=0.4),
    "EH": _one(0.40, spread=0.12, lower=0.18, upper=0.08),
    "ER": _one(0.25, pucker=0.25, funnel=0.22, lower=0.06, round_hold=1.3),
    "IH": _one(0.25, spread=0.13, lower=0.13, upper=0.06, hold=0.8),
    "IY": _one(0.22, spread=0.26, lower=0.17, upper=0.08),
    "UH": _one(0.24, pucker=0.38, funnel=0.18, round_hold=1.5),
    "UW": _one(0.23, pucker=0.62, funnel=0.18, round_hold=2.0),
    # diphthongs
    "AW": Articulation((_OPEN, Gesture(0.23, pucker=0.42, funnel=0.20, round_hold=1.5))),
    "AY": Articulation((_OPEN, _HIGH_FRONT)),
    "EY": Articulation((Gesture(0.34, spread=0.16, lower=0.17, upper=0.07), _HIGH_FRONT)),
    "OW": Articulation((Gesture(0.36, pucker=0.32, funnel=0.28, round_hold=1.5), _HIGH_BACK)),
    "OY": Articulation((Gesture(0.37, pucker=0.34, funnel=0.30, round_hold=1.5), _HIGH_FRONT)),
    # lips: the jaw hangs as the neighbours let it
    "P": Articulation((Gesture(0.12, hold=0.7, round_hold=0.25),), contact="lips"),
    "B": Articulation((Gesture(0.13, hold=0.7, round_hold=0.25),), contact="lips"),
    "M": Articulation((Gesture(0.13, hold=0.7, round_hold=0.25),), contact="lips"),
    "F": Articulation((Gesture(0.09, upper=0.14, hold=1.8, round_hold=0.5),), contact="teeth"),
    "V": Articulation((Gesture(0.10, upper=0.12, hold=1.6, round_hold=0.5),), contact="teeth"),
    "W": _one(0.22, pucker=0.70, funnel=0.12, hold=1.2, round_hold=3.0),
    # tongue behind the teeth
    "TH": _one(0.20, lower=0.12, upper=0.06, tongue=0.22, hold=1.4, round_hold=0.4),
    "DH": _one(0.20, lower=0.10, upper=0.05, tongue=0.16, hold=1.0, round_hold=0.3),
    "T": _one(0.19, lower=0.14, upper=0.04, hold=0.9, round_hold=0.2),
    "D": _one(0.19, lower=0.14, upper=0.04, hold=0.9, round_hold=0.2),
    "N": _one(0.20, lower=0.12, upper=0.04, hold=0.8, round_hold=0.2),
    "L": _one(0.22, lower=0.13, upper=0.05, hold=0.8, round_hold=0.2),
    "S": _one(0.16, spread=0.14, round_hold=0.6, **_SIBILANT),
    "Z": _one(0.16, spread=0.13, round_hold=0.6, **_SIBILANT),
    "SH": _one(0.11, pucker=0.18, funnel=0.48, round_hold=2.2, **_SIBILANT),
    "ZH": _one(0.11, pucker=0.18, funnel=0.44, round_hold=2.0, **_SIBILANT),
    "CH": _one(0.11, pucker=0.18, funnel=0.46, round_hold=2.0, **_SIBILANT),
    "JH": _one(0.12, pucker=0.16, funnel=0.42, round_hold=1.8, **_SIBILANT),
    "R": _one(0.17, pucker=0.36, funnel=0.24, hold=0.8, round_hold=1.4),
    # tongue far back, and breath: the lips take the shape of the vowel beside
    "Y": _one(0.20, spread=0.18, lower=0.10, hold=0.8, round_hold=0.8),
    "K": _one(0.20, lower=0.08, hold=0.5, round_hold=0.15),
    "G": _one(0.20, lower=0.08, hold=0.5, round_hold=0.15),
    "NG": _one(0.21, lower=0.08, hold=0.5, round_hold=0.15),
    "HH": _one(0.26, lower=0.08, hold=0.15, round_hold=0.1),
}


# Times of the mouth, in seconds.
# How far ahead of its sound a phone shows: what 60 ms of lookahead reveal at mid-frame. People round their lips earlier
# (Bell-Berti and Harris 1981), which nobody can imitate who does not know the word yet.
ANTICIPATION = 0.080
# A phone fades with this time constant, by eye. It shrinks with the phone; in fast speech phones still overlap more and
# reach their targets less, as they do (Lindblom 1963, Gay 1981).
CARRY = 0.070
CARRY_LIMIT = 0.250  # when it is gone
CARRY_FADE = 0.6  # share of that limit from which it is faded out, by eye
CARRY_USUAL = 0.090  # length of a phone that fades as said,
CARRY_FACTORS = (0.6, 1.2)  # and limits of the factor for others, by eye
CORE = (0.25, 0.35)  # shares of a phone before and after its core, by eye
CONTACT_PLATEAU = 0.070  # least time that lips stay in contact, so that 25 frames a second always show it
CONTACT_RAMP = 0.050  # from open to contact and back: lips meet while they are fast (Löfqvist and Gracco 1997)
# Lips stay as they were PAUSE_HOLD into a pause and are at rest after PAUSE_CLOSE: a gap under 200 ms never closes
# them, the end of speech does within 400 ms.
PAUSE_HOLD = 0.110
PAUSE_CLOSE = 0.330
# P and B open for their burst this share before they end, other contacts a little, by eye.
BURST_RELEASE, CONTACT_RELEASE = 0.25, 0.10
CONTACT_EARLY = 0.6  # share of what a short contact lacks that is added before it: there P and B are silent, by eye
CONTACT_LATEST = 0.020  # after what is seen ahead, before which no contact begins
GATE_LATEST = 0.010  # before its sound, when the mouth is ready to speak
SMOOTHING = 0.050  # full length of the Hann window that removes what 25 frames a second cannot show

# Loud speech opens the mouth more (Schulman 1989), by eye: 10 dB give 20 %.
EFFORT_REACH = 10.0  # dB against usual, beyond which nothing is added
EFFORT_PER_DECIBEL = 0.02
EFFORT_SMOOTHING = 0.25  # seconds, full length of the Hann window

# What contacts do to the mouth beside sealing it, by eye: lips press and roll in, others yield.
PRESSED_LIPS = 0.16
ROLLED_UPPER_LIP, ROLLED_LOWER_LIP = 0.12, 0.14
ROLLED_UNDER_TEETH = 0.42  # lower lip in F and V
JAW_UNDER_TEETH = 0.35  # share by which the jaw comes up in F and V
PUCKER_YIELDS, STRETCH_YIELDS = 0.3, 0.5  # shares; mouthFunnel and raised or lowered lips yield wholly
