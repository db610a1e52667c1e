"""Hand-written texts of the corpus: statements, questions, answers and backchannels, written for this project.

Whole sentences give natural prosody; templates give many words in many contexts. Both are rich in phones with visible
lips: P, B, M between all kinds of vowels, F and V, rounded and spread vowels.
"""

from itertools import product

import numpy as np

STATEMENTS = """
Good morning, and welcome to the museum of modern robots.
My name is Robin, and I can help you find your way.
The meeting room is on the fourth floor, beside the blue sofa.
Please put your umbrella by the front door before you come in.
We moved the printer from the big office to the small one.
I'm afraid Professor Palmer is busy until half past five.
Maybe we should move the whole project to February.
The coffee machine broke again, so I made a pot of tea.
Your visitor badge will be ready in about five minutes.
You can leave your bag with me, nobody will bother it.
Most people prefer the window seats because of the view.
I saw a beautiful white boat moving slowly up the river.
My brother bought an old farm with a view over the valley.
Every Wednesday evening we play volleyball behind the school.
The wind blew all of the papers off the balcony.
There were few people on the beach, but the waves were perfect.
We found a wooden box full of photographs from the fifties.
Bob promised to bring his famous mushroom pie.
She moved to Bombay when she was barely twelve.
They opened a new shop for music and movie posters.
I would love to have a bowl of warm soup right now.
The whole village came out to watch the fireworks.
Put the blue cups above the sink and the brown ones below.
We have been waiting for your phone call since breakfast.
My mother always makes plum jam in the middle of August.
The robot picks up a bottle, moves it, and puts it down again.
If the battery is low, the lamp on the front will blink.
A firm push on the green button opens the emergency door.
Please hold my place, I will be back in a moment.
The film was a bit too long, but the music was wonderful.
Five foolish foxes fought over a piece of fish.
Nobody believed him until they saw the pictures.
The train from Oxford arrives at platform number two.
I usually go home by bus when the weather is bad.
You should move your foot before the wheel goes over it.
Our flight was moved from seven to a quarter past eleven.
It was so foggy that we could not even see the bridge.
The bakery on the corner sells the best apple pie in town.
A small problem with the pump stopped the whole machine.
We hope to improve the software by the beginning of spring.
I never thought that a puppy could chew through a phone book.
The museum shop has postcards, mugs, and wooden puzzles.
Some of our best ideas come from people who just walk by.
The moon was so bright above the mountain that we turned off the lamp.
My favourite part of the job is meeting people from everywhere.
There is plenty of room for everybody at the table.
He slipped on the wet pavement and bumped his elbow.
The village pub serves fresh fish every Friday night.
Bring a map, a bottle of water, and a pair of warm gloves.
We've never had a problem with the sensors before.
Above all, people want a simple answer to a simple question.
A bumblebee flew in through the open window.
Please remember to feed the fish while we are away.
The children built a huge snowman in front of the house.
Both of them moved to Vienna for the violin programme.
I am very pleased to meet you at last.
The first version was full of bugs, but this one works.
You will find the lift just behind the main staircase.
Our lab is open from nine in the morning to half past six.
The old clock above the fireplace stopped at five to four.
We could share a cab to the airport, if you want.
In my opinion the soup needs a bit more pepper.
It took me over an hour to solve that puzzle.
Her voice was warm and calm, even over the phone.
I bought a new pair of boots, but they hurt my feet.
They want to use the robot for people who live alone.
The garden looks lovely when the plum trees bloom.
My boss approved the plan without a single question.
You may use the computer in the room on the left.
The bus driver waved and shut the door behind us.
Few things make me as happy as a walk before breakfast.
The power went off in the middle of the movie.
We put a microphone in front of every person.
A heavy fog covered the harbour before the ferry left.
I'd rather have the vegetable curry, thank you very much.
The pharmacy moved to the building beside the bank.
It would be wise to save your work before the update.
Our neighbour's cat sleeps on the roof of my van.
The performance was supposed to begin twenty minutes ago.
She wrapped the vase in paper and put it in a box.
The museum is free for everybody under the age of twelve.
You were right, the problem was a broken cable.
I forgot my wallet, so Phoebe paid for both of us.
We've got to be there before the shop closes.
The whole thing reminds me of a movie from the sixties.
They gave me a map, but the map was upside down.
Somebody left a purple umbrella in the waiting room.
I'm happy to say that your application was approved.
Their new album sounds better than the previous one.
When the alarm goes off, leave by the nearest door.
The weather forecast promises a warm and sunny weekend.
Peter proposed to move the workshop to the library.
My grandfather used to build model ships from matches.
I watched the swans move over the smooth blue water.
The chef chops garlic, mushrooms, and fresh parsley.
You have to shout, because the pump makes a lot of noise.
We finally fixed the leak above the bathroom.
People often think that robots cannot make mistakes.
I must have put the form in the wrong envelope.
Several members of the group could not come by bus.
That was the funniest story I have heard all year.
The wooden bridge moves a bit when you walk over it.
Fewer cars means fresher air for everybody.
My voice is a bit rough today, I'm sorry about that.
The shuttle goes from here to the campus every half hour.
We used up all of the paper and most of the ink.
Bill moved the sofa so that we could open the window.
I would be very grateful if you could wait over there.
The judge chose a jolly poem about a giant fish.
Thirty thousand visitors came through these doors last month.
The measure of a good host is how well he listens.
She usually wears yellow shoes and a huge straw hat.
There's no pleasure like a good book by the fire.
The doctor thinks that it is just a mild cold.
They chose the cheaper one, and I am not surprised.
George enjoys teaching young children how to juggle.
The youngest boy is taller than both of his brothers.
An unusual noise came out of the garage this morning.
I should thank you for everything you have done.
We watched three episodes and then fell asleep.
The queue outside the theatre went around the corner.
Our teacher loves to show slides of her journeys.
Could be rain, could be snow, who knows in this town.
Please choose one of the chairs near the stage.
The soup is too hot, so let it cool for a while.
I bumped into Maeve and Philip at the bookshop.
Move it up a bit, and push it over to the left.
The film festival begins on the first of November.
""".strip().splitlines()

QUESTIONS = """
Could you please tell me where the bathroom is?
Have you been here before?
Do you mind if I open the window?
What would you like to drink?
Who moved my box of pencils?
Is there a pharmacy nearby?
How many people will be at the meeting?
Would you rather have coffee or tea?
When does the museum close?
Did you have a good trip?
May I borrow your umbrella for five minutes?
Why is the robot moving so slowly?
Where did you buy those beautiful boots?
Are you coming to the movie with us?
Have you ever been above the Arctic Circle?
Which bus should I take to the airport?
What happened to the old piano?
Do you remember the name of that film?
Would you mind helping me with this form?
Can I leave my bag over there?
Is it possible to move the appointment to Friday?
Who should I ask for if I have a problem?
Are you sure that this is the right floor?
How much does the small one weigh?
Shall we wait for Bob, or go without him?
What do you think about the new plan?
Could we have a table by the window?
Do you have a moment?
Did everybody get a copy of the programme?
Is the battery full?
You want me to push both of them?
Why would anybody put pepper in a pudding?
How far is it from here to the harbour?
Where can I find Professor Beaumont?
Is this your first visit?
Have you finished the paper yet?
Should I move my car?
What time do you want to have breakfast?
Could you give me a pen and a piece of paper?
Do you believe in love at first sight?
""".strip().splitlines()

ANSWERS = """
Yes, of course.
No, I'm afraid not.
Maybe tomorrow.
I have no problem with that.
Of course, follow me please.
Absolutely, that would be perfect.
Probably, but I will have to check.
Not before half past four.
Well, it depends on the weather.
Oh, that's a wonderful idea!
Hmm, let me think about it.
I'd love to, but I promised to help my brother.
Sure, why not?
It's above the shop, on the first floor.
Just a moment please.
That's very kind of you.
You're welcome.
Thank you so much.
I'm sorry, could you repeat that?
Wait, I believe that's mine.
Sorry, may I stop you there?
Both of them, if possible.
A few of them, maybe five.
My pleasure.
Fine by me.
Nobody told me about that.
Good point, I forgot about the battery.
By the way, happy birthday!
Perfect, then I'll see you on Monday.
Goodbye, and have a lovely evening.
Bye for now.
Hi there, good to see you again.
Excuse me, I have a question.
Oh no, not again.
Wow, that's amazing!
Never mind, it's not important.
I think so, yes.
Not really, but go ahead.
You must be joking!
From time to time, yes.
""".strip().splitlines()

BACKCHANNELS = """
Mhm.
Yeah.
Right.
Okay.
I see.
Oh, wow.
Uh huh.
Really?
Hmm.
Sure.
Of course.
Oh.
Yes.
Got it.
Ah, okay.
True.
""".strip().splitlines()

# Each template draws one word per slot; subjects and verbs agree in every combination.
_TEMPLATES = (
    ("{who} {did} {what} {where}.", ("who", "did", "what", "where")),
    ("{when}, {who} {did} {what}.", ("when", "who", "did", "what")),
    ("I think that {who} {did} {what}, but I may be wrong.", ("who", "did", "what")),
    ("Do you know why {who} {did} {what}?", ("who", "did", "what")),
    ("You can find {what} {where}.", ("what", "where")),
    ("So {who} {did} {what}, and {when} we all went home.", ("who", "did", "what", "when")),
)
_WORDS = {
    "who": (
        "my mother", "Bob", "the visitor", "our new robot", "Professor Webb", "the woman from Bombay", "my wife",
        "somebody", "the postman", "Fiona", "Marvin", "the whole family", "a very polite boy", "Joyce",
    ),
    "did": (
        "moved", "picked up", "forgot about", "painted", "put away", "borrowed", "bumped into", "asked for",
        "photographed", "wrapped", "bought", "gave me", "showed us", "hoped for", "pushed",
    ),
    "what": (
        "a big brown box", "the blue umbrella", "five wooden spoons", "the map of the river", "both of the pumps",
        "a beautiful vase", "my favourite book", "the broken phone", "a bowl of plums", "the front wheel",
        "an apple pie", "two pairs of shoes", "the very first photograph", "a cheap wool jumper", "every open file",
    ),
    "where": (
        "in front of the museum", "above the shop", "beside the piano", "on the fifth floor", "by the swimming pool",
        "behind the white van", "over the bridge", "in the middle of the room", "at the bus stop", "near the church",
    ),
    "when": (
        "this morning", "before breakfast", "five minutes ago", "in the beginning", "on Wednesday evening",
        "after the movie", "last February", "a few months ago", "around midnight", "when the bell rang",
    ),
}  # fmt: skip


def templated_sentences(rng: np.random.Generator, count: int) -> list[str]:
    """`count` distinct sentences from the templates, drawn by `rng`.

    Raises ValueError if the templates give fewer.
    """
    made: dict[str, None] = {}
    possible = sum(int(np.prod([len(_WORDS[slot]) for slot in slots])) for _, slots in _TEMPLATES)
    if count > possible // 2:
        raise ValueError(f"{count} sentences asked for; the templates give at most {possible // 2}")
    while len(made) < count:
        template, slots = _TEMPLATES[rng.integers(len(_TEMPLATES))]
        words = {slot: _WORDS[slot][rng.integers(len(_WORDS[slot]))] for slot in slots}
        sentence = template.format(**words)
        made[sentence[0].upper() + sentence[1:]] = None
    return list(made)


# "pa", "poo", "ma", "voo": every labial and a plain coronal before every kind of vowel, in a carrier phrase.
_ONSETS = ("p", "b", "m", "f", "v", "w", "d", "s", "sh", "k", "l", "r")
_RIMES = {"a": "ark", "e": "ep", "i": "eem", "o": "obe", "u": "oof", "ai": "ibe", "oi": "oy"}


def syllable_sentences() -> list[str]:
    """Nonsense words in carrier phrases: each lip consonant before each kind of vowel, "Say meem and voof again."."""
    words = [onset + rime for onset, rime in product(_ONSETS, _RIMES.values())]
    half = len(words) // 2
    return [f"Say {first} and {second} again." for first, second in zip(words[:half], words[half:], strict=True)]


def sentence_bank(seed: int = 0, templated: int = 600) -> dict[str, list[str]]:
    """All texts by their role in a conversation: "statement", "question", "answer", "backchannel"."""
    extra = templated_sentences(np.random.default_rng(seed), templated)
    questions = [sentence for sentence in extra if sentence.endswith("?")]
    statements = [sentence for sentence in extra if not sentence.endswith("?")]
    return {
        "statement": STATEMENTS + syllable_sentences() + statements,
        "question": QUESTIONS + questions,
        "answer": list(ANSWERS),
        "backchannel": list(BACKCHANNELS),
    }
