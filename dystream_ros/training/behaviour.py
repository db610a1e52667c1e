"""The table of how a face moves beside its lips: rates, sizes and latencies, each with its source.

Angles are in degrees and times in seconds here, because people read them; the motion is in radians. Rates are per
second. A pair is the range from which a session draws its own value: people differ, and stay themselves.
What has no source of its own was set by eye on the CC0 head, within what the sources of its group allow.
"""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Behaviour:
    """Parameters of everything but the lips; ranges are uniform unless said."""

    # Blinks. Bentivoglio et al. 1997: 17 a minute at rest, 26 in conversation, 4.5 reading; Nakano and Kitazawa 2010
    # and Cummins 2012: they gather at the ends of phrases, the partner's too; VanderWerf et al. 2003: closing takes 75
    # to 100 ms, opening 200 (the shapes are in eyes.py).
    blink_interval: Range = (3.0, 5.0)  # median gap of a session
    blink_spread: float = 0.45  # sigma of the logarithm
    blink_shortest: float = 0.8
    blink_at_phrase_end: float = 0.30  # probability, own phrase
    blink_at_partner_end: float = 0.18  # probability
    # Gaze. Argyle and Dean 1965, Kendon 1967: 70 to 75 % at the partner while listening, 40 % while speaking, away when
    # a turn is planned, back at its end; aversions of 1 to 4 s; Martinez-Conde et al. 2004: saccades of under 60 ms,
    # one or two small ones a second.
    gaze_listening_away: Range = (0.06, 0.14)  # aversions a second
    gaze_speaking_away: Range = (0.26, 0.50)
    gaze_away_length: Range = (0.6, 2.2)
    gaze_plan: float = 0.65  # probability of looking away as a turn begins
    gaze_yaw: float = 9.0  # sigma of an aversion, beyond the least
    gaze_yaw_least: float = 7.0  # what a partner at one metre notices (Gibson and Pick 1963: some degrees)
    gaze_pitch: float = 8.0
    gaze_head_share: float = 0.22  # part of a shift that the head makes (Stahl 1999: little below 20 degrees)
    fixation_interval: float = 0.9  # between the small saccades of a fixation
    fixation_size: float = 0.9
    eye_full_yaw: float = 32.0  # angle of a coefficient of 1, of the CC0 head
    eye_full_pitch: float = 25.0
    # Beats of speech. Hadar et al. 1983, Munhall et al. 2004: head and brows follow accents; Cave et al. 1996: brows
    # rise on some of the pitch peaks, more in questions; Flecha-Garcia 2010: brows lead or meet the accent.
    accent_nod: Range = (0.25, 0.55)  # probability at an accent
    accent_nod_size: Range = (1.0, 2.8)
    accent_nod_length: float = 0.52
    accent_lag: float = 0.12  # of the peak of a beat: its start is not before the accented vowel can be heard
    accent_brow: Range = (0.12, 0.30)  # probability
    accent_brow_size: Range = (0.18, 0.45)
    question_brow: float = 0.75  # probability
    # Listener responses. Yngve 1970, Dittmann and Llewellyn 1968: at the ends of the partner's phrases; Ward and
    # Tsukahara 2000: more after a fall of the pitch; Hadar et al. 1985: nods of a few degrees at 2 to 4 Hz, in series,
    # some on the stressed words themselves; Chovil 1991: raised brows and smiles are common answers; Bavelas et al.
    # 2000: they fit what is told. Latencies of some hundred ms; log-normal.
    nod_after_phrase: Range = (0.40, 0.70)  # probability at an opportunity
    nod_falling: float = 1.25  # factor of it after a fall or a rise of the pitch; the inverse otherwise
    nod_latency_median: float = 0.48
    nod_latency_spread: float = 0.30  # sigma of the logarithm
    response_latency: Range = (0.2, 1.5)  # limits of the latency
    nod_size: Range = (2.6, 5.2)
    nod_period: Range = (0.36, 0.52)
    nod_refractory: float = 1.6
    nod_with_backchannel: float = 0.75  # probability
    nod_on_accent: Range = (0.04, 0.14)  # probability at a strong accent of the partner
    nod_on_accent_size: float = 0.7  # against the session's nods
    brow_after_phrase: Range = (0.10, 0.26)  # probability
    brow_after_question: float = 0.55
    brow_size: Range = (0.24, 0.52)
    smile_after_phrase: Range = (0.08, 0.22)  # probability after a phrase of usual liveliness
    smile_with_backchannel: float = 0.30
    liveliness: float = 2.5  # semitones by which the pitch of a usual phrase varies
    tilt_while_listening: float = 0.35  # probability, for each of the partner's turns
    tilt_size: Range = (2.0, 5.0)
    # Smiles. Frank, Ekman and Friesen 1993: felt smiles last 0.5 to 4 s with cheeks and lids; moods last longer.
    smile_size: Range = (0.28, 0.58)
    smile_length: Range = (1.6, 4.5)
    smile_ramp: float = 0.50
    mood_rate: float = 0.012  # friendly spells a second
    mood_size: Range = (0.08, 0.22)
    mood_length: Range = (6.0, 18.0)
    # Laughter. Ruch and Ekman 2001: a broad smile with raised cheeks, narrow eyes and an open mouth, the head thrown
    # back, outlasting the sound; Provine 1992: others answer with a smile or a laugh, within a second.
    laugh_smile: Range = (0.50, 0.85)
    laugh_jaw: Range = (0.12, 0.26)
    laugh_after: Range = (0.8, 2.4)  # the smile lasts longer than the sound
    laugh_back: Range = (1.5, 5.0)  # the head goes back
    laugh_answer: float = 0.85  # probability of a smile at the partner's laugh
    laugh_answer_size: Range = (0.35, 0.65)
    laugh_answer_latency: Range = (0.2, 0.6)
    # Posture. Slow drift while speaking, stillness while listening (Hadar et al. 1983); breath of 12 to 18 a minute.
    drift_speaking: float = 2.6  # sigma of yaw; pitch and roll take parts of it
    drift_listening: float = 1.2
    drift_time: float = 1.6
    question_tilt: Range = (-3.5, 3.5)
    sway: float = 0.004  # metres, sigma
    breath_rate: Range = (0.20, 0.30)
    breath_pitch: float = 0.25


BEHAVIOUR = Behaviour()
