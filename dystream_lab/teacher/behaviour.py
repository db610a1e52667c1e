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

    # Blinks. Bentivoglio et al. 1997: 17 a minute at rest, 26 in conversation, 4.5 reading, with skewed intervals;
    # Nakano and Kitazawa 2010 and Cummins 2012: they gather at the ends of phrases, the partner's too, and are fewer
    # while one listens; Evinger et al. 1994: large shifts of gaze come with blinks; VanderWerf et al. 2003: closing
    # takes 75 to 100 ms, opening 200 (_LID_CLOSING, _LID_SHUT and _LID_OPENING of eyes.py).
    blink_interval: Range = (3.0, 4.8)  # median gap of a session in silence
    blink_spread: float = 0.70  # sigma of the logarithm of a gap: the longest tenth is six times the shortest
    blink_talking: float = 1.15  # factor of the rate while speaking
    blink_hearing: float = 0.60  # while the partner speaks
    blink_at_phrase_end: float = 0.30  # probability, own phrase
    blink_at_partner_end: float = 0.20  # probability
    blink_at_shift: float = 0.25  # probability at a shift of gaze of 20 degrees, and in proportion to its size
    # By eye.
    blink_shortest: float = 0.7  # gap
    blink_phrase_lag: Range = (-0.15, 0.25)  # after the end of an own phrase
    blink_partner_lag: Range = (0.05, 0.45)  # after the end of one of the partner's
    # Gaze. Argyle and Dean 1965, Kendon 1967: 70 to 75 % at the partner while listening, 40 % while speaking, away when
    # a turn is planned, back at its end; aversions of 1 to 4 s; Martinez-Conde et al. 2004: one or two small saccades a
    # second; Bahill, Clark and Stark 1975, Carpenter 1988: a saccade lasts 21 ms and 2.2 ms a degree; Stahl 1999,
    # Freedman 2008: the head hardly joins shifts below 15 degrees and makes a growing part of larger ones, later and
    # slower than the eyes; Becker and Fuchs 1988: the lids move with the eyes.
    gaze_listening_away: Range = (0.06, 0.14)  # aversions per second, of a session
    gaze_speaking_away: Range = (0.26, 0.50)  # likewise
    gaze_away_length: Range = (0.6, 2.2)
    gaze_plan: float = 0.65  # probability of looking away as a turn begins
    gaze_yaw_least: float = 7.0  # what a partner at one metre notices (Gibson and Pick 1963: some degrees)
    saccade_least: float = 0.021  # duration, and
    saccade_degree: float = 0.0022  # more for each degree
    gaze_head_small: float = 0.10  # part of a shift that the head makes,
    gaze_head_large: float = 0.50  # and of what lies beyond
    gaze_head_from: float = 13.0  # this
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
    gaze_blink_lead: float = 0.08  # of a blink before a shift of gaze, so that the eyes move under shut lids
    gaze_blink_reach: float = 0.4  # a blink this near to a shift of gaze is moved to it
    gaze_head_lag: float = 0.06  # of the head's part after the eyes' start
    gaze_head_time: Range = (0.42, 0.75)  # its duration, for a small shift and for one of 30 degrees
    gaze_reflex: float = 0.9  # part of the head's motion that the eyes compensate (vestibulo-ocular reflex)
    gaze_lids: float = 0.25  # by which upper lids sink with a coefficient of eyeLookDown of 1
    gaze_wide: float = 0.20  # by which they rise (eyeWide) with eyeLookUp
    fixation_shortest: float = 0.2
    fixation_pitch_share: float = 0.7  # sigma of pitch against that of yaw
    # Beats of speech. Hadar et al. 1983: while one speaks the head moves at 1.8 to 3.7 Hz on stress; Munhall et al.
    # 2004: the head moves with pitch and loudness of the voice; Cave et al. 1996, Guaitella et al. 2009: brows rise on
    # many of the pitch peaks, more in questions; Flecha-Garcia 2010: brows lead or meet the accent.
    accent_nod: Range = (0.45, 0.85)  # probability at an accent, of a session
    accent_nod_size: Range = (1.3, 2.7)
    accent_nod_length: Range = (0.34, 0.46)
    syllable_nod: Range = (0.05, 0.12)  # degrees per dB by which syllables stand out, of a session
    accent_brow: Range = (0.16, 0.34)  # probability, of a session
    accent_brow_size: Range = (0.18, 0.45)
    brow_pitch: Range = (0.016, 0.036)  # raise per semitone of the pitch above the voice's median, of a session
    question_brow: float = 0.75  # probability
    # By eye.
    accent_lag: float = 0.10  # of the peak of a beat: its start is not before the accented vowel can be heard
    accent_chance_limit: float = 1.6  # up to which the strength of an accent makes a beat more likely,
    accent_size_limit: float = 1.5  # and larger
    accent_nod_most: float = 3.4
    accent_nod_peak: float = 0.45  # share of the length
    syllable_lag: float = 0.06
    syllable_window: float = 0.20  # full length of the Hann window of a syllable's loudness,
    syllable_context: float = 0.70  # and of that around it
    syllable_limit: float = 8.0  # dB
    accent_brow_length: Range = (0.5, 0.9)
    accent_brow_peak: float = 0.35  # share of the length
    accent_brow_outer: float = 0.7  # of outer brows against inner ones
    brow_pitch_lag: float = 0.05
    brow_pitch_window: float = 0.35  # full length of the Hann window of the pitch
    brow_pitch_limit: float = 7.0  # semitones
    brow_loudness: float = 0.12  # semitones that a dB of loudness counts, beyond
    brow_loudness_from: float = -12.0  # dB
    brow_most: float = 0.75  # of all raises together
    question_lead: float = 0.2  # before the phrase's end: not before the rise of the pitch can be heard
    question_brow_length: Range = (1.0, 1.9)
    question_brow_ramp: float = 0.32
    question_tilt: Range = (-3.5, 3.5)
    question_tilt_length: Range = (1.4, 2.6)
    question_tilt_ramp: float = 0.6
    # Ends and beginnings. Hadar et al. 1984, Ishi et al. 2014: the head sinks at the end of a phrase, and is lifted
    # before a turn; Goodwin and Goodwin 1986: a thinking face, brows together, as the words are sought; McFarland 2001,
    # Rochet-Capellan and Fuchs 2014: half a second of inhalation before a turn, which lifts shoulders and head.
    fall_size: Range = (0.8, 2.2)  # down, at the end of a phrase that falls; half of it otherwise
    fall_chance: float = 0.75
    lift_chance: float = 0.70  # before an own turn
    lift_size: Range = (0.8, 2.2)  # up
    lift_lead: Range = (0.25, 0.60)  # before the first sound
    lift_brow: float = 0.35  # probability that brows rise with it
    think_brow: float = 0.30  # probability of brows together with the glance as a turn begins
    inhalation: Range = (0.40, 0.65)  # duration
    # By eye.
    fall_early: float = 0.15  # before the end, when the fall of the pitch is heard
    fall_length: Range = (0.8, 1.5)
    fall_ramp: float = 0.35
    lift_length: Range = (0.8, 1.6)
    lift_ramp: float = 0.32
    lift_brow_size: Range = (0.12, 0.30)
    think_size: Range = (0.10, 0.28)
    think_ramp: float = 0.25
    inhalation_pause: float = 0.8  # own silence before which a turn begins with an inhalation
    inhalation_ends: float = 0.06  # before the first sound
    inhalation_lift: Range = (0.0015, 0.0035)  # metres
    inhalation_pitch: Range = (0.3, 0.9)  # up
    exhalation: Range = (1.5, 3.0)  # time over which the lift is lost
    # Amount of expression. Banse and Scherer 1996, Schroeder 2006: an aroused voice has a wider range of pitch and more
    # energy at high frequencies, a sad one less of both; Livingstone and Palmer 2016, Busso and Narayanan 2007: heads
    # and faces of lively speech move more.
    lively_pitch: float = 2.5  # semitones, standard deviation of the pitch of a usual phrase
    lively_of_pitch: float = 0.55  # change of the factor when it is doubled
    lively_of_tilt: float = 0.035  # change of the factor per dB of tilt beyond the usual
    lively_limits: Range = (0.55, 1.6)
    # By eye.
    lively_time: float = 4.0  # time constant with which a face goes back to its usual amount after speech
    lively_partner: float = 0.5  # share of the partner's liveliness that the listener takes over
    # Listener responses. Yngve 1970, Dittmann and Llewellyn 1968: at the ends of the partner's phrases; Ward and
    # Tsukahara 2000: more after a fall of the pitch; Hadar et al. 1985: nods of a few degrees at 2 to 4 Hz, in series,
    # some on the stressed words themselves, slow ones alone; Poggi et al. 2010, Ishi et al. 2014: single nods follow
    # phrases, repeated and slow ones the ends of turns; Chovil 1991: raised brows, smiles and surprise are common
    # responses; Bavelas et al. 2000: they fit the content. Latencies of some hundred ms; log-normal.
    nod_after_phrase: Range = (0.40, 0.70)  # probability at an opportunity, of a session
    nod_falling: float = 1.25  # factor of that probability after a fall or a rise of the pitch; the inverse otherwise
    nod_latency_median: float = 0.48
    nod_latency_spread: float = 0.30  # sigma of the logarithm
    response_latency: Range = (0.2, 1.5)  # limits of the latency
    nod_size: Range = (2.6, 5.2)  # of a session
    nod_period: Range = (0.36, 0.52)  # of a session
    nod_kinds: tuple[float, float, float] = (0.52, 0.36, 0.12)  # probabilities of single, repeated and slow nods,
    nod_kinds_at_turn: tuple[float, float, float] = (0.28, 0.48, 0.24)  # and at the end of the partner's turn
    nod_repeats: tuple[float, float, float] = (0.62, 0.28, 0.10)  # probabilities of 2, 3 and 4 nods in a repeated one
    nod_slow_period: Range = (0.85, 1.25)
    nod_with_backchannel: float = 0.75  # probability
    nod_on_accent: Range = (0.04, 0.14)  # probability at a strong accent of the partner, of a session
    brow_after_phrase: Range = (0.10, 0.26)  # probability, of a session
    brow_after_question: float = 0.55  # probability
    surprise: float = 0.22  # probability after a phrase whose pitch varies most
    tilt_after_question: float = 0.30  # probability
    smile_after_phrase: Range = (0.08, 0.22)  # probability after a phrase of usual liveliness, of a session
    smile_with_backchannel: float = 0.30  # probability
    # By eye.
    partner_turn_pause: float = 1.5  # silence of the partner that ends the partner's turn
    hold_before_speech: float = 0.1  # no response within this time before an own phrase
    nod_sizes: tuple[float, float, float] = (0.95, 0.80, 1.15)  # of single, repeated and slow nods
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
    surprise_least: float = 1.5  # variation of the pitch against the usual
    surprise_size: Range = (0.45, 0.75)  # of the brows
    surprise_wide: float = 0.5  # eyeWide against the brows
    surprise_back: Range = (0.8, 2.0)  # the head goes back
    smile_lag: Range = (0.0, 0.3)  # after a nod's latency, or after the start of the own "mhm"
    tilt_while_listening: float = 0.35  # probability, for each of the partner's turns
    tilt_size: Range = (2.0, 5.0)
    tilt_lag: Range = (0.4, 1.5)  # after the turn's start
    tilt_after: Range = (0.0, 1.0)  # beyond the turn's end
    tilt_length: Range = (2.0, 8.0)  # limits
    tilt_question_length: Range = (1.2, 2.6)
    tilt_ramp: float = 0.8
    # Smiles. Frank, Ekman and Friesen 1993: felt smiles last 0.5 to 4 s with cheeks and lids; moods last longer.
    smile_length: Range = (1.6, 4.5)
    # By eye.
    smile_size: Range = (0.28, 0.58)
    smile_ramp: float = 0.50
    smile_cheeks: float = 0.7  # cheekSquint against mouthSmile
    smile_lids: float = 0.45  # eyeSquint against mouthSmile
    smile_most: float = 0.9  # of smiles, moods and laughter together
    smile_rounded: float = 0.4  # by which a smile yields to a mouthPucker of 1
    mood_rate: float = 0.020  # friendly spells a second
    mood_size: Range = (0.10, 0.28)
    mood_length: Range = (5.0, 16.0)
    mood_ramp: float = 1.2
    mood_before: float = 10.0  # before a clip's start, when the first spell may begin
    # Laughter. Ruch and Ekman 2001: a broad smile with raised cheeks, narrow eyes and an open mouth, the head thrown
    # back, outlasting the sound; Provine 1992: others answer with a smile or a laugh, within a second.
    laugh_smile: Range = (0.55, 0.90)
    laugh_after: Range = (0.8, 2.4)  # the smile lasts longer than the sound
    laugh_back: Range = (1.5, 5.0)  # the head goes back
    laugh_answer: float = 0.85  # probability of a smile at the partner's laugh
    laugh_answer_latency: Range = (0.2, 0.6)
    # By eye.
    laugh_lead: float = 0.04  # of the face before the sound
    laugh_smile_ramp: float = 0.35
    laugh_jaw: Range = (0.14, 0.34)
    laugh_jaw_held: float = 0.6  # share of it between calls; the rest goes with their loudness
    laugh_jaw_after: float = 0.25  # the jaw comes up later than the sound ends
    laugh_jaw_ramp: float = 0.16
    laugh_lips: float = 0.5  # mouthUpperUp and mouthLowerDown against jawOpen
    laugh_back_after: float = 1.0  # the head is back in place later than the sound ends
    laugh_back_peak: float = 0.35  # share of the length
    laugh_answer_size: Range = (0.38, 0.68)
    # Posture. Slow drift while speaking, stillness while listening (Hadar et al. 1983); breath of 12 to 18 a minute;
    # Scheflen 1964, Cassell et al. 2001: people shift their posture at some of the borders of turns and topics, and now
    # and then without a reason.
    drift_speaking: float = 2.4  # sigma of yaw
    drift_listening: float = 1.1
    breath_rate: Range = (0.20, 0.30)
    shift_at_turn: float = 0.17  # probability at the start of an own turn, and at the end of one of the partner's
    shift_rate: float = 0.022  # others
    # By eye.
    drift_shares: tuple[float, float, float] = (0.55, 0.42, 1.0)  # of roll, pitch and yaw
    drift_time: float = 1.6
    drift_lead: float = 0.05  # by which the drift of speaking begins before a phrase
    drift_after: float = 0.9  # by which it outlasts the phrase
    drift_ramp: float = 0.6
    sway: float = 0.003  # metres, sigma
    sway_time: float = 2.5
    breath_pitch: float = 0.25
    breath_lift: float = 0.001  # metres
    shift_angles: tuple[float, float, float] = (1.6, 1.3, 2.4)  # sigma of the new roll, pitch and yaw
    shift_place: tuple[float, float, float] = (0.004, 0.006, 0.002)  # metres, sigma: forward, aside, up
    shift_time: Range = (1.0, 1.9)
    shift_lag: Range = (-0.3, 0.8)  # after the border of a turn
    # Nobody speaks: people who wait look about, smile to themselves and raise a brow. By eye, rarer than in speech.
    idle_after: float = 2.5  # silence of both
    idle_smile_rate: float = 0.030
    idle_smile_size: Range = (0.14, 0.34)
    idle_brow_rate: float = 0.022
    idle_brow_size: Range = (0.12, 0.30)
    # Left and right. Borod, Haywood and Koff 1997: the sides of a face differ in expression. Sizes by eye.
    uneven_lids: float = 0.05  # sigma of the share by which one side moves more, of a session
    uneven_smile: float = 0.07
    uneven_brows: float = 0.08


BEHAVIOUR = Behaviour()
