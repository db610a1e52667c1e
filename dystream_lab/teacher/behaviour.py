"""Parameters of all motion except the lips: rates, sizes, lengths and latencies, each with its source.

Angles are in degrees and times in seconds; the motion is in radians. Rates are per second. A pair is a range of a
uniform distribution, drawn once per session where the comment says so, and for each event otherwise. Each group begins
with values from its sources; values after "By eye" were set on the CC0 head within the ranges of the sources.

Elsewhere: lips (articulation.py); phrases, questions and accents (phrases.py); curves of events (pulses.py); frames of
a blink (eyes.py).
"""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Behaviour:
    """Parameters of all motion except the lips; ranges are uniform unless stated."""

    # Blinks. Bentivoglio et al. 1997: 17 a minute at rest, 26 in conversation, 4.5 reading; Nakano and Kitazawa 2010
    # and Cummins 2012: they gather at the ends of phrases, the partner's too; VanderWerf et al. 2003: closing takes 75
    # to 100 ms, opening 200 (_LID_CLOSING, _LID_SHUT and _LID_OPENING of eyes.py).
    blink_interval: Range = (3.0, 5.0)  # median gap of a session
    blink_spread: float = 0.45  # sigma of the logarithm
    blink_at_phrase_end: float = 0.30  # probability, own phrase
    blink_at_partner_end: float = 0.18  # probability
    # By eye.
    blink_shortest: float = 0.8  # gap
    blink_phrase_lag: Range = (-0.15, 0.25)  # after the end of an own phrase
    blink_partner_lag: Range = (0.05, 0.45)  # after the end of one of the partner's
    # Gaze. Argyle and Dean 1965, Kendon 1967: 70 to 75 % at the partner while listening, 40 % while speaking, away when
    # a turn is planned, back at its end; aversions of 1 to 4 s; Martinez-Conde et al. 2004: saccades of under 60 ms,
    # one or two small ones a second; Evinger et al. 1994: large shifts come with blinks.
    gaze_listening_away: Range = (0.06, 0.14)  # aversions per second, of a session
    gaze_speaking_away: Range = (0.26, 0.50)  # likewise
    gaze_away_length: Range = (0.6, 2.2)
    gaze_plan: float = 0.65  # probability of looking away as a turn begins
    gaze_yaw_least: float = 7.0  # what a partner at one metre notices (Gibson and Pick 1963: some degrees)
    gaze_head_share: float = 0.22  # part of a shift that the head makes (Stahl 1999: little below 20 degrees)
    fixation_interval: float = 0.9  # between the small saccades of a fixation, beyond the least
    fixation_size: float = 0.9  # sigma of yaw
    eye_full_yaw: float = 32.0  # angle of a coefficient of 1, of the CC0 head
    eye_full_pitch: float = 25.0
    # By eye.
    gaze_yaw: float = 9.0  # sigma of an aversion, beyond the least
    gaze_pitch: float = 8.0  # sigma
    gaze_pitch_mean: float = 2.0  # down
    gaze_away_shortest: float = 0.3
    gaze_turn_pause: float = 1.2  # own silence after which the next phrase begins a new turn
    gaze_plan_early: Range = (0.0, 0.06)  # before the turn's first sound
    gaze_back_early: float = 0.3  # before the turn's end
    gaze_blink_reach: float = 0.4  # an aversion this near to the start of a blink is moved to it,
    gaze_blink_lag: float = 0.08  # with this lag, so that the eyes move under shut lids
    gaze_head_time: float = 0.9  # duration of the head's part (full length of a Hann window)
    gaze_reflex: float = 0.9  # part of the head's motion that the eyes compensate (vestibulo-ocular reflex)
    gaze_lids: float = 0.25  # by which upper lids sink with a coefficient of eyeLookDown of 1
    fixation_shortest: float = 0.2
    fixation_pitch_share: float = 0.7  # sigma of pitch against that of yaw
    # Beats of speech. Hadar et al. 1983, Munhall et al. 2004: head and brows follow accents; Cave et al. 1996: brows
    # rise on some of the pitch peaks, more in questions; Flecha-Garcia 2010: brows lead or meet the accent.
    accent_nod: Range = (0.25, 0.55)  # probability at an accent, of a session
    accent_nod_size: Range = (1.0, 2.8)
    accent_nod_length: float = 0.52
    accent_brow: Range = (0.12, 0.30)  # probability, of a session
    accent_brow_size: Range = (0.18, 0.45)
    question_brow: float = 0.75  # probability
    # By eye.
    accent_lag: float = 0.12  # of the peak of a beat: its start is not before the accented vowel can be heard
    accent_chance_limit: float = 1.6  # up to which the strength of an accent makes a beat more likely,
    accent_size_limit: float = 1.5  # and larger
    accent_nod_peak: float = 0.4  # share of the length
    accent_brow_length: Range = (0.5, 0.9)
    accent_brow_peak: float = 0.35  # share of the length
    accent_brow_outer: float = 0.7  # of outer brows against inner ones
    question_lead: float = 0.2  # before the phrase's end: not before the rise of the pitch can be heard
    question_brow_length: Range = (1.0, 1.9)
    question_brow_ramp: float = 0.32
    question_tilt: Range = (-3.5, 3.5)
    question_tilt_length: Range = (1.4, 2.6)
    question_tilt_ramp: float = 0.6
    # Listener responses. Yngve 1970, Dittmann and Llewellyn 1968: at the ends of the partner's phrases; Ward and
    # Tsukahara 2000: more after a fall of the pitch; Hadar et al. 1985: nods of a few degrees at 2 to 4 Hz, in series,
    # some on the stressed words themselves; Chovil 1991: raised brows and smiles are common responses; Bavelas et al.
    # 2000: they fit the content. Latencies of some hundred ms; log-normal.
    nod_after_phrase: Range = (0.40, 0.70)  # probability at an opportunity, of a session
    nod_falling: float = 1.25  # factor of that probability after a fall or a rise of the pitch; the inverse otherwise
    nod_latency_median: float = 0.48
    nod_latency_spread: float = 0.30  # sigma of the logarithm
    response_latency: Range = (0.2, 1.5)  # limits of the latency
    nod_size: Range = (2.6, 5.2)  # of a session
    nod_period: Range = (0.36, 0.52)  # of a session
    nod_cycles: tuple[float, float, float] = (0.45, 0.40, 0.15)  # probabilities of one, two and three nods in a series
    nod_with_backchannel: float = 0.75  # probability
    nod_on_accent: Range = (0.04, 0.14)  # probability at a strong accent of the partner, of a session
    brow_after_phrase: Range = (0.10, 0.26)  # probability, of a session
    brow_after_question: float = 0.55  # probability
    smile_after_phrase: Range = (0.08, 0.22)  # probability after a phrase of usual liveliness, of a session
    smile_with_backchannel: float = 0.30  # probability
    # By eye.
    partner_turn_pause: float = 1.5  # silence of the partner that ends the partner's turn
    hold_before_speech: float = 0.1  # no response within this time before an own phrase
    nod_size_varies: Range = (0.75, 1.25)  # of each series, against the session's nods
    nod_fades: float = 0.7  # of each nod of a series against the one before
    nod_peak: float = 0.42  # share of the length of a nod
    nod_refractory: float = 1.6
    nod_backchannel_lag: Range = (-0.04, 0.15)  # after the start of the own "mhm"
    nod_on_accent_least: float = 1.2  # strength of a strong accent
    nod_on_accent_size: float = 0.7  # against the session's nods
    brow_size: Range = (0.24, 0.52)
    brow_length: Range = (0.7, 1.6)
    brow_ramp: float = 0.28
    smile_lag: Range = (0.0, 0.3)  # after a nod's latency, or after the start of the own "mhm"
    liveliness: float = 2.5  # semitones by which the pitch of a usual phrase varies
    liveliness_limits: Range = (0.4, 1.8)  # of the factor that it gives the probability of a smile
    tilt_while_listening: float = 0.35  # probability, for each of the partner's turns
    tilt_size: Range = (2.0, 5.0)
    tilt_lag: Range = (0.4, 1.5)  # after the turn's start
    tilt_after: Range = (0.0, 1.0)  # beyond the turn's end
    tilt_length: Range = (2.0, 8.0)  # limits
    tilt_ramp: float = 0.8
    # Smiles. Frank, Ekman and Friesen 1993: felt smiles last 0.5 to 4 s with cheeks and lids; moods last longer.
    smile_length: Range = (1.6, 4.5)
    # By eye.
    smile_size: Range = (0.28, 0.58)
    smile_ramp: float = 0.50
    smile_cheeks: float = 0.7  # cheekSquint against mouthSmile
    smile_lids: float = 0.45  # eyeSquint against mouthSmile
    smile_rounded: float = 0.4  # by which a smile yields to a mouthPucker of 1
    mood_rate: float = 0.012  # friendly spells a second
    mood_size: Range = (0.08, 0.22)
    mood_length: Range = (6.0, 18.0)
    mood_ramp: float = 1.2
    mood_before: float = 10.0  # before a clip's start, when the first spell may begin
    # Laughter. Ruch and Ekman 2001: a broad smile with raised cheeks, narrow eyes and an open mouth, the head thrown
    # back, outlasting the sound; Provine 1992: others answer with a smile or a laugh, within a second.
    laugh_smile: Range = (0.50, 0.85)
    laugh_after: Range = (0.8, 2.4)  # the smile lasts longer than the sound
    laugh_back: Range = (1.5, 5.0)  # the head goes back
    laugh_answer: float = 0.85  # probability of a smile at the partner's laugh
    laugh_answer_latency: Range = (0.2, 0.6)
    # By eye.
    laugh_lead: float = 0.04  # of the face before the sound
    laugh_smile_ramp: float = 0.35
    laugh_jaw: Range = (0.12, 0.26)
    laugh_jaw_held: float = 0.6  # share of it between calls; the rest goes with their loudness
    laugh_jaw_after: float = 0.25  # the jaw comes up later than the sound ends
    laugh_jaw_ramp: float = 0.16
    laugh_lips: float = 0.5  # mouthUpperUp and mouthLowerDown against jawOpen
    laugh_back_after: float = 1.0  # the head is back in place later than the sound ends
    laugh_back_peak: float = 0.35  # share of the length
    laugh_answer_size: Range = (0.35, 0.65)
    # Posture. Slow drift while speaking, stillness while listening (Hadar et al. 1983); breath of 12 to 18 a minute.
    drift_speaking: float = 2.6  # sigma of yaw
    drift_listening: float = 1.2
    breath_rate: Range = (0.20, 0.30)
    # By eye.
    drift_shares: tuple[float, float, float] = (0.55, 0.6, 1.0)  # of roll, pitch and yaw
    drift_time: float = 1.6
    drift_lead: float = 0.05  # by which the drift of speaking begins before a phrase
    drift_after: float = 0.9  # by which it outlasts the phrase
    drift_ramp: float = 0.6
    sway: float = 0.004  # metres, sigma
    sway_time: float = 2.5
    breath_pitch: float = 0.25
    breath_lift: float = 0.001  # metres


BEHAVIOUR = Behaviour()
