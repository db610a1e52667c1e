"""Phones and the mouth: targets of each coefficient with their dominance, contacts, and times.

Sources: Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993), for targets with dominance;
Jeffers and Barley, "Speechreading" (1971), for which phones look alike; Löfqvist and Gracco (1997) for lips that press
together in P, B, M; Mooshammer, Hoole and Geumann (2007) for the jaw, high in S and SH, low in K, L and vowels; Perkell
and Matthies (1992) for rounding; Graves, Goodglass and Landis (1982) for the right half of a mouth, which moves more in
speech.

The range is that of people in videos who talk: with open vowels at 0.48 the model showed 0.5 to 0.6 of their opening.
The other values are set by eye on the CC0 head. Phones without contact keep an aperture of 0.18 of the rig's full
opening or more, so that a closure is clearly visible.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gesture:
    """Mouth shape of a phone.

    Attributes:
        jaw: share of jawOpen.
        pucker, funnel: rounding that narrows, and rounding that protrudes and opens.
        spread: corners drawn aside (mouthStretch, and DIMPLES of it in mouthDimple).
        forward: jaw pushed forward.
        lower, upper: lower lip lowered, upper lip raised.
        tongue: share of tongueOut.
        hold: dominance of jaw and lower/upper lip (1: a plain vowel).
        round_hold: dominance of pucker, funnel and spread.
    """

    jaw: float
    pucker: float = 0.0
    funnel: float = 0.0
    spread: float = 0.0
    forward: float = 0.0
    lower: float = 0.0
    upper: float = 0.0
    tongue: float = 0.0
    hold: float = 1.0
    round_hold: float = 1.0


@dataclass(frozen=True)
class Articulation:
    """The gestures of a phone and its contact.

    Attributes:
        gestures: in order; two for diphthongs.
        contact: "" none, "lips" both lips (P, B, M), "teeth" lower lip under the upper teeth (F, V).
        glide: share of the time after which the second gesture begins.
    """

    gestures: tuple[Gesture, ...]
    contact: str = ""
    glide: float = 0.55


def _one(jaw: float, **values: float) -> Articulation:
    return Articulation((Gesture(jaw, **values),))


_OPEN = Gesture(0.74, spread=0.06, lower=0.26, upper=0.13, hold=1.3)
_HIGH_FRONT = Gesture(0.25, spread=0.40, lower=0.24, upper=0.12)
_HIGH_BACK = Gesture(0.24, pucker=0.70, funnel=0.24, round_hold=2.2)
_SIBILANT = {"hold": 2.0, "upper": 0.20}
_HUSHING = {"hold": 2.0, "forward": 0.16, "lower": 0.26, "upper": 0.18}

ARTICULATIONS: dict[str, Articulation] = {
    # vowels
    "AA": _one(0.76, lower=0.26, upper=0.13, hold=1.3),
    "AE": _one(0.74, spread=0.28, lower=0.34, upper=0.17, hold=1.3),
    "AH": _one(0.60, spread=0.05, lower=0.22, upper=0.11, hold=1.2),
    "AO": _one(0.62, pucker=0.28, funnel=0.36, lower=0.12, hold=1.3, round_hold=1.6),
    "AX": _one(0.32, lower=0.12, upper=0.05, hold=0.5, round_hold=0.4),
    "EH": _one(0.63, spread=0.22, lower=0.28, upper=0.13, hold=1.2),
    "ER": _one(0.29, pucker=0.32, funnel=0.30, lower=0.08, round_hold=1.4),
    "IH": _one(0.34, spread=0.22, lower=0.19, upper=0.09, hold=0.8),
    "IY": _one(0.25, spread=0.42, lower=0.25, upper=0.12),
    "UH": _one(0.28, pucker=0.46, funnel=0.24, round_hold=1.6),
    "UW": _one(0.24, pucker=0.78, funnel=0.24, round_hold=2.4),
    # diphthongs
    "AW": Articulation((_OPEN, Gesture(0.26, pucker=0.54, funnel=0.28, round_hold=1.8))),
    "AY": Articulation((_OPEN, _HIGH_FRONT)),
    "EY": Articulation((Gesture(0.52, spread=0.28, lower=0.26, upper=0.12, hold=1.2), _HIGH_FRONT)),
    "OW": Articulation((Gesture(0.52, pucker=0.42, funnel=0.36, hold=1.2, round_hold=1.7), _HIGH_BACK)),
    "OY": Articulation((Gesture(0.54, pucker=0.44, funnel=0.38, hold=1.2, round_hold=1.7), _HIGH_FRONT)),
    # lips: low dominance of the jaw
    "P": Articulation((Gesture(0.14, hold=0.7, round_hold=0.25),), contact="lips"),
    "B": Articulation((Gesture(0.15, hold=0.7, round_hold=0.25),), contact="lips"),
    "M": Articulation((Gesture(0.15, hold=0.7, round_hold=0.25),), contact="lips"),
    "F": Articulation((Gesture(0.10, upper=0.20, hold=1.8, round_hold=0.5),), contact="teeth"),
    "V": Articulation((Gesture(0.11, upper=0.17, hold=1.6, round_hold=0.5),), contact="teeth"),
    "W": _one(0.21, pucker=0.84, funnel=0.16, hold=1.2, round_hold=3.0),
    # tongue behind the teeth
    "TH": _one(0.21, lower=0.17, upper=0.08, tongue=0.24, hold=1.4, round_hold=0.4),
    "DH": _one(0.21, lower=0.14, upper=0.07, tongue=0.18, hold=1.0, round_hold=0.3),
    "T": _one(0.19, lower=0.19, upper=0.06, hold=0.9, round_hold=0.2),
    "D": _one(0.19, lower=0.19, upper=0.06, hold=0.9, round_hold=0.2),
    "N": _one(0.21, lower=0.16, upper=0.06, hold=0.8, round_hold=0.2),
    "L": _one(0.25, lower=0.18, upper=0.07, hold=0.8, round_hold=0.2),
    "S": _one(0.15, spread=0.24, lower=0.38, forward=0.08, round_hold=0.6, **_SIBILANT),
    "Z": _one(0.15, spread=0.22, lower=0.38, forward=0.08, round_hold=0.6, **_SIBILANT),
    "SH": _one(0.11, pucker=0.34, funnel=0.58, round_hold=2.4, **_HUSHING),
    "ZH": _one(0.11, pucker=0.32, funnel=0.54, round_hold=2.2, **_HUSHING),
    "CH": _one(0.11, pucker=0.34, funnel=0.56, round_hold=2.2, **_HUSHING),
    "JH": _one(0.12, pucker=0.30, funnel=0.52, round_hold=2.0, **_HUSHING),
    "R": _one(0.18, pucker=0.44, funnel=0.30, hold=0.8, round_hold=1.5),
    # back of the tongue, and breath: the lips follow the neighbouring vowel
    "Y": _one(0.20, spread=0.30, lower=0.15, hold=0.8, round_hold=0.8),
    "K": _one(0.21, lower=0.11, hold=0.5, round_hold=0.15),
    "G": _one(0.21, lower=0.11, hold=0.5, round_hold=0.15),
    "NG": _one(0.22, lower=0.11, hold=0.5, round_hold=0.15),
    "HH": _one(0.32, lower=0.11, hold=0.15, round_hold=0.1),
}
DIMPLES = 0.3  # mouthDimple against mouthStretch: corners go back as well as aside, by eye
RIGHT_MORE = 0.05  # by which the right half of the mouth moves more than the mean of both, the left less (Graves 1982)


# Times of the mouth, in seconds.
# Time by which a phone is visible before its sound: 60 ms of lookahead and half a frame. People round their lips
# earlier (Bell-Berti and Harris 1981), which needs knowledge of the next word.
ANTICIPATION = 0.080
# Time constant with which a phone fades, by eye. It shrinks with the phone; phones of fast speech still overlap more
# and reach their targets less (Lindblom 1963, Gay 1981).
CARRY = 0.070
CARRY_LIMIT = 0.250  # end of the fading
CARRY_FADE = 0.6  # share of that limit from which it is faded out, by eye
CARRY_USUAL = 0.090  # length of a phone with that time constant
CARRY_FACTORS = (0.6, 1.2)  # limits of the factor for other lengths, by eye
CORE = (0.25, 0.35)  # shares of a phone before and after its core, by eye
# Shortest contact: two frames of 25 a second are shut in it, so that lips stay shut through the middle of P, B and M.
CONTACT_PLATEAU = 0.090
CONTACT_RAMP = 0.050  # from open to contact and back: lips meet at high velocity (Löfqvist and Gracco 1997)
# In a pause, lips hold for PAUSE_HOLD and are at rest after PAUSE_CLOSE: gaps under 200 ms do not close them, the end
# of speech does within 400 ms.
PAUSE_HOLD = 0.110
PAUSE_CLOSE = 0.330
# Shares of P and B, and of other contacts, before whose end the lips part, by eye.
BURST_RELEASE, CONTACT_RELEASE = 0.25, 0.10
CONTACT_EARLY = 0.6  # share of a short contact's extension that lies before it, where P and B are silent, by eye
CONTACT_LATEST = 0.020  # contacts begin at the earliest this long after ANTICIPATION
GATE_LATEST = 0.010  # before the sound, when the mouth has left its rest
SMOOTHING = 0.050  # full length of the anti-aliasing Hann window for 25 frames per second

# Effort opens the mouth (Schulman 1989; Huber and Chandrasekaran 2006). The effort of a voice is heard in the tilt of
# its spectrum, which rises with the loudness (Nordenberg and Sundberg 2004) and is the same at any level of a
# recording. Within the voice, loud syllables open more. Sizes by eye.
EFFORT_USUAL_TILT = -15.0  # dB, energy from 1 to 5 kHz against that below, of the usual voice of the corpus (-23 to -7)
EFFORT_TILT_REACH = 9.0  # dB from the usual, limit
EFFORT_PER_TILT = 0.02  # share of the opening per dB of tilt
EFFORT_TILT_TIME = 2.0  # s, full length of the Hann window: effort of a phrase, not of its phones
EFFORT_REACH = 10.0  # dB relative to the usual level of the voice, limit
EFFORT_PER_DECIBEL = 0.02  # by eye: 10 dB of a syllable give 20 %
EFFORT_SMOOTHING = 0.25  # s, full length of the Hann window

# Other effects of contacts, by eye: lips press and roll in, other shapes are reduced.
PRESSED_LIPS = 0.26
ROLLED_UPPER_LIP, ROLLED_LOWER_LIP = 0.18, 0.20
PUFFED_CHEEKS = 0.10  # behind the closed lips of P and B
ROLLED_UNDER_TEETH = 0.46  # lower lip in F and V
JAW_UNDER_TEETH = 0.35  # share by which the jaw comes up in F and V
PUCKER_YIELDS, STRETCH_YIELDS = 0.3, 0.5  # shares; mouthFunnel, mouthUpperUp and mouthLowerDown are removed
