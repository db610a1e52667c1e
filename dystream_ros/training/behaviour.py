"""The table of how a face moves beside its lips: rates, sizes and latencies, each with its source.

Angles are in degrees and times in seconds here, because people read them; the motion is in radians.
A pair is the range from which a session draws its own value: people differ, and stay themselves.
"""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Behaviour:
    """Parameters of everything but the lips; ranges are uniform unless said."""

    # Blinks. Bentivoglio et al. 1997: 17 a minute at rest, 26 in conversation, 4.5 reading; Nakano and Kitazawa 2010
    # and Cummins 2012: they gather at the ends of phrases; VanderWerf et al. 2003: closing 75 to 100 ms, opening 200.
    blink_interval: Range = (3.0, 5.0)  # median gap of a session
    blink_spread: float = 0.45  # sigma of the logarithm
    blink_shortest: float = 0.8
    blink_at_phrase_end: float = 0.30  # probability, own phrase
    blink_at_partner_end: float = 0.18
    # Gaze. Argyle and Dean 1965, Kendon 1967: 70 to 75 % at the partner while listening, 40 % while speaking, away when
    # a turn is planned, back at its end; aversions of 1 to 4 s; saccades of under 60 ms.
    gaze_listening_away: Range = (0.03, 0.07)  # aversions a second
    gaze_speaking_away: Range = (0.12, 0.24)
    gaze_away_length: Range = (0.6, 2.2)
    gaze_plan: float = 0.65  # probability of looking away as a turn begins
    gaze_yaw: float = 14.0  # sigma of an aversion
    gaze_pitch: float = 8.0
    gaze_head_share: float = 0.22  # part of a shift that the head makes
    fixation_interval: float = 0.9  # between the small saccades of a fixation
    fixation_size: float = 0.9
    eye_full_yaw: float = 32.0  # angle of a coefficient of 1
    eye_full_pitch: float = 25.0
    # Beats of speech. Hadar et al. 1983, Munhall et al. 2004: head and brows follow accents; Cave et al. 1996: brows
    # rise on some of the pitch peaks, more in questions.
    accent_nod: Range = (0.25, 0.55)  # probability at an accent
    accent_nod_size: Range = (1.0, 2.8)
    accent_nod_length: float = 0.52
    accent_lag: float = 0.12  # of the peak of a beat: its start is not before the accented vowel can be heard
    accent_brow: Range = (0.12, 0.30)
    accent_brow_size: Range = (0.12, 0.34)
    question_brow: float = 0.75
    # Listener responses. Yngve 1970, Dittmann and Llewellyn 1968, Ward and Tsukahara 2000: after phrase ends, low pitch
    # and pauses; latencies of some hundred ms; Hadar et al. 1985: nods of a few degrees at 2 to 4 Hz, in series.
    nod_after_phrase: Range = (0.40, 0.72)  # probability at an opportunity
    nod_latency_median: float = 0.48
    nod_latency_spread: float = 0.35
    response_latency: Range = (0.2, 1.5)
    nod_size: Range = (2.2, 4.6)
    nod_period: Range = (0.36, 0.52)
    nod_refractory: float = 1.6
    nod_with_backchannel: float = 0.75
    brow_after_phrase: Range = (0.08, 0.22)
    brow_after_question: float = 0.45
    smile_after_phrase: Range = (0.07, 0.20)
    # Smiles. Frank, Ekman and Friesen 1993: felt smiles last 0.5 to 4 s with cheeks and lids; moods last longer.
    smile_size: Range = (0.18, 0.45)
    smile_length: Range = (1.6, 4.5)
    smile_ramp: float = 0.55
    mood_rate: float = 0.010  # friendly spells a second
    mood_size: Range = (0.06, 0.18)
    mood_length: Range = (6.0, 18.0)
    # Posture. Slow drift while speaking, stillness while listening (Hadar et al. 1983).
    drift_speaking: float = 2.6  # sigma of yaw; pitch and roll take parts of it
    drift_listening: float = 1.2
    drift_time: float = 1.6
    question_tilt: Range = (-3.5, 3.5)
    sway: float = 0.004  # metres, sigma
    breath_rate: Range = (0.20, 0.30)
    breath_pitch: float = 0.25


BEHAVIOUR = Behaviour()
