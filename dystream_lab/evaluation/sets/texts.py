"""What the synthetic test voices say: written for this project, and never among the sentences that are trained on."""

TEXTS = """
Pamela baked four plum puddings for the village fair.
Why would a baboon move into my bathroom?
Five brave firemen pulled the puppy from the flooded mine.
Momma's old blue Volvo broke down above Beaver Falls.
Who threw away my favourite woollen pullover?
The boat show opens tomorrow, so book two rooms by noon.
I have been humming the same tune for half a week.
Vivian approves of warm food and soft pillows.
Both moving vans were parked beneath the maple tree.
A bumpy flight from Havana made everybody feel awful.
Push the button above the pipe, then pull the lever up.
My nephew found a few shiny pebbles by the waterfall.
Do you suppose the bishop would refuse a bowl of mushroom soup?
Philip stuffed the empty envelope with movie tickets.
The mayor's public promise was both vague and improbable.
Mop up the foam before it leaves a mark.
Someone behind us whooped, and the umpire woke up.
A fever of one hundred and five is a matter for the hospital.
Wombats prefer to move about at midnight.
We could prove that the loom wove a perfect pattern.
The opera's famous bass forgot half of his part.
Give Mabel my love, and wave from the platform.
Most viewers voted for the impossible option.
Ruth put four spoons of brown sugar in her coffee.
He hopes to publish a volume of poems about foxgloves.
A map, a lamp, a cup, and two woollen mittens.
""".strip().splitlines()
