"""The plots of the stories: what is wanted, what stands in the way, who helps and how it ends.

Slots: {Name} the hero, {a_kind} and {the_kind} what the hero is, {he} {him} {his} {himself} of the hero;
{Friend}, {a_friend}, {fhe} {fhim} {fhis} of the helper; {a_thing} {the_thing} what it is about, which may be one thing,
several or none that can be touched; {first} and {again} where it happens ("in a quiet village", "in the village").
A capital first letter makes a capital slot.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quest:
    """What the hero wants and how it comes out."""

    wish: str
    turn: str
    """After the help: how the thing is reached."""
    ending: str
    moral: str
    wants: str
    """The wish in a few words, after "who"."""
    reaches: str
    """The ending in a few words, after the hero's name."""
    of_one_thing: bool = False
    """It only fits something that there can be one of."""


@dataclass(frozen=True)
class Trouble:
    """What stands in the way, and how the helper, met here, gets the hero over it."""

    trouble: str
    help: str
    short: str
    """The trouble in a few words, after "when"."""


OPENINGS = (
    "Once, {first}, there lived {a_kind} whose name was {Name}.",
    "Long before the roads had numbers, there lived {first} {a_kind} by the name of {Name}.",
    "{First}, in a time that nobody alive remembers, there lived {a_kind}, and {his} name was {Name}.",
    "This is the story of {Name}, {a_kind} who lived {first}.",
    "If you had come by in those days, you would have met {Name}, {a_kind} who lived {first}.",
)
CHARACTERS = (
    "{He} was patient in small things and hopelessly impatient in large ones, and {he} never passed a closed door "
    "without wondering what was behind it.",
    "{He} had a laugh that carried across three fields, and a habit of asking one question more than people liked.",
    "{He} was not the strongest, nor the fastest, but {he} noticed things that everybody else walked past.",
    "{He} kept every promise {he} made, and for that reason {he} made very few.",
    "{He} talked to the rain, collected broken things and mended most of them.",
    "{He} got up before the sun did, and liked to say that the best hour of the day belongs to whoever is awake.",
    "{He} was shy with strangers and brave with everything else, which is an odd way round, but it was {his} way.",
)
SURROUNDINGS = (
    "Life {again} was quiet. The days came and went like boats, and most of them carried nothing out of the ordinary.",
    "Everybody {again} knew everybody else, and news travelled faster than the wind.",
    "Visitors were rare {again}, and those who came told stories that grew a little with every cup of tea.",
    "Nothing had changed {again} for as long as anybody could remember, and most were happy to keep it that way.",
)
QUESTS = (
    Quest(
        "There was one thing that {Name} wanted more than any other, and that was to find {a_thing}. {His} "
        "grandmother had spoken of {the_thing} on her last winter evenings, always in a low voice, as if somebody "
        "might be listening at the door. “It is not lost,” she used to say. “It is only waiting for somebody who "
        "takes the trouble to look.”",
        "And there, where {he} would never have looked alone, was {the_thing}, so plain and so quiet that a hundred "
        "travellers must have gone past without a glance. {Name} went close and touched it with great care. It was "
        "warm, as if somebody had been there a moment ago.",
        "{Name} could have kept the secret, and nobody would have blamed {him}. But {he} thought of all those winter "
        "evenings, and {he} went home and told everyone {again} what {he} had found. That night nobody {again} went "
        "to bed early.",
        "What is hidden is often only waiting for somebody patient.",
        "wanted to find {a_thing}",
        "found {the_thing}, and told everybody at home",
        of_one_thing=True,
    ),
    Quest(
        "What kept {Name} awake at night was the thought of {a_thing}. An old song {again} told of {the_thing}, "
        "hidden where no map would lead, and of the luck that would come to whoever was patient enough to find the "
        "way. Everybody knew the song. Nobody had ever gone to look.",
        "It was {Friend} who noticed that one small word of the old song had been sung wrong all those years. They "
        "did not have to look under the hill, but behind it. They walked around, pushed the brambles aside, and "
        "there, in the last light of the day, {Name} saw {the_thing}, just as the song had promised.",
        "The way home seemed half as long. When {Name} came home, with the right words of the song and with a "
        "friend, nobody said any more that {he} had been foolish to go. They only asked {him} to tell it all from "
        "the beginning, and then to tell it again.",
        "Everybody knows the song, but somebody has to go and look.",
        "followed an old song about {a_thing}",
        "found {the_thing} behind the hill, and came home with the right words of the song",
        of_one_thing=True,
    ),
    Quest(
        "One evening an old traveller knocked at {Name}'s door and left {a_thing} in {his} care. “This belongs on "
        "the far side of the hills,” the traveller said, “and it has to be there before the first snow falls, and I "
        "am too old to go.” {Name} looked at {the_thing}, looked at the tired old face, and promised. Only later, in "
        "the dark, did {he} think about how far away the hills were.",
        "On the far side of the hills stood a house with one lit window. A woman opened the door before they could "
        "knock, and looked at {the_thing} for a long time. “I gave this away when I was young,” she said, “to "
        "somebody who was to send it back on the day he had forgiven me.” Outside, the first flakes of snow began to "
        "fall.",
        "{Name} carried nothing on the way home, and yet {he} felt richer than before. The old traveller was waiting "
        "at the gate. {Name} told {again} what the woman had said, word for word, and the old traveller laughed and "
        "wept and then asked to hear it once more.",
        "A promise is a heavy thing to carry, and the best thing to put down.",
        "promised to bring {a_thing} across the hills before the first snow",
        "kept the promise just as the first flakes fell",
        of_one_thing=True,
    ),
    Quest(
        "Now there was one matter that nobody {again} would explain to {Name}, and that was {a_thing}. The old ones "
        "shook their heads, the young ones shrugged, and the books, all three of them, said nothing at all. “Some "
        "questions are better left alone,” people told {him}. {Name} did not think so. {He} wanted to know the truth "
        "about {the_thing}, and {he} wanted to find it out {himself}.",
        "“I will tell you what I know,” said {Friend}, and spoke until the stars came out. {Name} had expected "
        "something terrible, or something grand. But the truth about {the_thing} turned out to be simple and a "
        "little sad: people had once been afraid, had looked away, and had forgotten in time what it was that they "
        "were not looking at.",
        "{Name} went home and did what nobody had done for a hundred years: {he} told everyone {again} the truth "
        "about {the_thing}, kindly and from the beginning. At first there was silence. Then somebody laughed, then "
        "somebody asked a question, and after that they talked until morning.",
        "A question that nobody wants to hear is usually the right one.",
        "wanted to know the truth about {a_thing}",
        "came home with the truth about {the_thing} and told it kindly",
    ),
    Quest(
        "It began with a question. “Why does nobody here ever talk about {a_thing}?” {Name} asked one evening, and "
        "the whole room fell silent. A cup was put down; a door was closed. From that hour on {Name} could think of "
        "nothing else. If nobody {again} would talk about {the_thing}, then somebody somewhere else would have to.",
        "At the end of the road stood a small house full of notebooks. In the oldest of them somebody had written "
        "down all there was to know about {the_thing}, in a neat round hand. {Name} read until {his} eyes hurt, and "
        "on the very last page {he} found the name of {his} own grandmother.",
        "When {he} came home, {Name} did not make a speech. {He} only began to answer the questions that children "
        "ask, one at a time, and to leave the door open while {he} did. Within a year nobody {again} was afraid of "
        "{the_thing} any more, and a good many had grown fond of the whole matter.",
        "What is told to children openly does not frighten anybody.",
        "wondered why nobody would talk about {a_thing}",
        "found everything about {the_thing} written down by {his} own grandmother",
    ),
    Quest(
        "Every seven years there was a great gathering {again}, and whoever told the best tale was given a seat by "
        "the fire for life. That year the tale had to be about {a_thing}. {Name} had no tale about {the_thing}. {He} "
        "had no tale at all, to be honest. But {he} wanted that seat so much that {he} put {his} name on the list "
        "before {he} could think better of it, and then {he} had to go and find one.",
        "“You have been looking for a tale about {the_thing},” said {Friend}, “and all the while you were walking "
        "through one.” {Name} stood still. It was true. The road, the trouble, the help that came when nobody "
        "expected it: it all belonged together, with {the_thing} right in the middle. {He} could not remember when "
        "{he} had last been in such a hurry to be home.",
        "{Name} told it that same night, with a voice that shook at first and then did not. {He} told of "
        "{the_thing}, of the long road and of {Friend}, who sat in the last row and corrected nothing. When it was "
        "over, nobody stirred for a long moment. Then everybody moved closer together and made room for {him} by the "
        "fire.",
        "The tale one is looking for is often the one that one is in.",
        "needed the best of all tales about {a_thing}",
        "told the tale of the journey itself and won a seat by the fire",
    ),
    Quest(
        "That year a quarrel broke out {again}, and it was all because of {a_thing}. One half said that {the_thing} "
        "would bring them luck, the other half were certain of the opposite, and by autumn they no longer greeted "
        "each other. {Name} could not bear it. “Somebody must go and ask the old judge behind the hills,” {he} said, "
        "and because nobody else moved, {he} went {himself}.",
        "The old judge listened with closed eyes. “About {the_thing} I can tell you nothing,” she said. “But tell "
        "me: since the quarrel began, who among you has been happy?” {Name} thought for a long time. “Nobody,” {he} "
        "said. “Then both sides are wrong,” said the judge, “and that is an excellent place to begin.”",
        "Back home, {Name} repeated the judge's words in front of everyone and waited. It was {Friend} who laughed "
        "first, and laughter, as is well known, is hard to stop. By evening there was one long table {again}, and "
        "when somebody mentioned {the_thing}, it was only to ask for the story once more.",
        "Being right keeps nobody warm.",
        "wanted to end a quarrel about {a_thing}",
        "came home with an answer that made both sides laugh",
    ),
    Quest(
        "Then, one morning, {Name}'s little brother was gone. His bed was cold, the window stood open, and on the "
        "sill lay a note with only a few words on it: he had gone to find out about {a_thing}. Everybody {again} "
        "agreed that it was a great pity and that something ought to be done. {Name} did not wait to hear what. If "
        "the answer was out there, then so was {his} brother.",
        "They heard him before they saw him: somebody was singing, rather badly, just over the next rise. There sat "
        "{Name}'s brother, a little thinner and very pleased with himself. “Now I know all about {the_thing},” he "
        "said, as if that explained everything, and in a way it did. {Name} had meant to scold him, and found that "
        "{he} could not.",
        "All the way home the little one talked about {the_thing}, and {Name} listened, and {Friend} listened too. "
        "When the first lights came into view, {Name} understood that the journey had been about something else "
        "altogether: about not letting go of somebody. {He} took {his} brother by the hand and did not say so.",
        "Some journeys are only about who is at the end of them.",
        "had to find a little brother who had gone off to learn about {a_thing}",
        "brought him home, singing all the way",
    ),
)
DEPARTURES = (
    "So on a grey morning, before anybody could object, {Name} packed a loaf of bread, a coil of rope and a candle "
    "end, and set out. The first day was easy. The sun came through, the path was dry, and {he} sang every song {he} "
    "knew, twice.",
    "{He} left at first light. Nobody {again} came to wave, except for one small child, who asked when {he} would be "
    "back. “When I am done,” said {Name}, and hoped that it sounded braver than it felt.",
    "It took {Name} three days to make up {his} mind and three minutes to pack. Then {he} was on the road, with the "
    "wind behind {him} and no clear idea of what lay ahead, and it surprised {him} how good that felt.",
    "{Name} told only one person where {he} was going, and that person told everybody. So half of them stood and "
    "watched when {he} left, and some of them made bets. {He} looked back only once, at the first bend.",
)
TROUBLES = (
    Trouble(
        "By noon the path ended at a gorge. The bridge had fallen years ago, and the river far below made a noise "
        "like a crowd that is not pleased. {Name} walked along the edge for hours, but there was no way across, and "
        "the sun was already going down.",
        "That was when {he} met {a_friend}, whose name was {Friend}. {Friend} listened to the whole story without "
        "interrupting once, which is rarer than one might think. “You are looking for a bridge,” {fhe} said, “but "
        "what you need is a raft.” Together they climbed down, tied driftwood together with {Name}'s rope, and by "
        "moonrise they stood on the other side, wet through and laughing.",
        "the bridge over a gorge was gone",
    ),
    Trouble(
        "On the third day a fog came down, so thick that the ground itself was gone. {Name} went on in what {he} "
        "hoped was a straight line, and at dusk {he} came upon a row of tracks. It took {him} a moment to see that "
        "they were {his} own.",
        "Then a small light came swinging through the grey, and with it {a_friend}, whose name was {Friend}. "
        "“Everybody walks in circles here,” {fhe} said, “as long as they walk alone. Two can take turns: one stands "
        "still and the other goes ahead, and so the line stays straight.” It was slow, and they had to shout a good "
        "deal, but before midnight they were out of the fog and could see the stars.",
        "the fog led {him} in circles",
    ),
    Trouble(
        "That night a storm came over the land. It tore up fences and put out every light for miles, and when {Name} "
        "at last found shelter under a leaning wall, {his} candle was gone, the bread was soaked, and there was "
        "nothing left to do but shiver.",
        "“There is room for two over here,” somebody called through the rain. It was {a_friend}, {Friend} by name, "
        "who had a dry corner, a small fire and half a pot of soup. {Friend} asked no questions until the soup was "
        "gone. Then {fhe} asked all of them at once, and in the morning, when the sky was clean and blue, they went "
        "on together.",
        "a storm took everything {he} had",
    ),
    Trouble(
        "Half a day further on a gate stood across the road, and beside the gate sat a keeper with a very thick "
        "book. “Everybody who goes through must tell me something that is not in here,” said the keeper. {Name} "
        "tried until evening. The price of salt was in there, and the names of the winds, and every single joke.",
        "It was {a_friend} who came to the rescue, a certain {Friend}, who had been waiting at that gate for a week. "
        "“Each of us alone has nothing new,” {fhe} whispered. “But how you and I became friends, that cannot be in "
        "the book, for it has not happened yet.” So they sat down and became friends then and there, and the keeper "
        "wrote it all down and opened the gate.",
        "the keeper of a gate would not let {him} pass",
    ),
    Trouble(
        "At the crossroads inn {Name} put {his} bag down for the length of one yawn, and when {he} looked again, it "
        "was gone: the rope, the bread, and the paper on which {he} had written down the way. The people at the inn "
        "were very sorry. They were always very sorry, it turned out, and it never helped.",
        "Only {a_friend} by the window, whose name was {Friend}, did more than be sorry. “I know that road by "
        "heart,” {fhe} said, “from the days when I was young enough to get lost on it.” {Fhe} shared {fhis} supper, "
        "drew the way into the dust of the yard, looked at the drawing for a while and then decided to come along.",
        "somebody stole {his} bag",
    ),
    Trouble(
        "Behind the last farm began a wood in which every path split in two, and each of those in two again. {Name} "
        "chose left and right and left once more, and by the time the owls woke up {he} had chosen {himself} into a "
        "thicket from which no path led anywhere at all.",
        "There, on a fallen trunk, sat {a_friend}, whose name was {Friend}, humming. “You have been choosing,” {fhe} "
        "said. “In here that is a mistake. Listen instead.” They sat very still, and after a time {Name} heard it "
        "too: far off, water was running. They followed the sound until the trees stood further apart and the "
        "morning came in.",
        "every path in the wood split in two",
    ),
)
LOWS = (
    "{Name} sat down on a stone and, for the first time, thought about turning back. It would have been easy. Nobody "
    "would have said a word.",
    "That was the lowest hour of the whole journey. {Name} counted what {he} had left, and it did not take long.",
    "“Well,” {Name} said aloud, because it was better than saying nothing. Nothing answered.",
    "For a while {Name} tried to be angry, since that is warmer than being sad. It did not help for long.",
)
CLOSINGS = (
    "As for {Friend}, {fhe} stayed for the winter, and then for another, and in the end nobody could imagine life "
    "{again} without {fhim}.",
    "{Name} and {Friend} remained friends for the rest of their days, and on quiet evenings, when the wind is right, "
    "people still tell how it all began.",
    "Years later, when {Name} was old and told the story {himself}, {he} always ended it with the same words: “I "
    "would go again tomorrow.”",
)
CHAPTERS = (
    "That was not quite the end of it. When spring came, a letter arrived {again}, addressed to {Name} in a hand "
    "that nobody knew. It held only six words: “I know where you have been.” {Name} read it three times and then "
    "took it to {Friend}, who read it once. “Somebody wants company,” said {Friend}. “Those who want something worse "
    "write longer letters.”\n\n"
    "They followed the postmark for two days and found a mapmaker, who had drawn every road in the country and had "
    "never set foot on one of them. “I saw you go past,” said the mapmaker, “and I have wondered ever since what is "
    "at the other end.” So {Name} told it, from the first step to {the_thing}, and when {he} had finished, the "
    "mapmaker put on a pair of boots that had been waiting in the hall for thirty years.\n\n"
    "The three of them walked home together. From then on there was one chair more at {Name}'s table, and the maps "
    "of that country have had little notes in the margins ever since.",
    "But there is more to tell. In the autumn of that year the well {again} ran dry, and nobody knew why. They dug "
    "deeper and found stones; they prayed for rain and got wind. {Name} had an idea, but it was such a simple one "
    "that {he} was ashamed to say it aloud, and so {he} said it only to {Friend}.\n\n"
    "“Simple is good,” said {Friend}. “Simple can be tried before supper.” So they walked up the dry stream, stone "
    "by stone, until they came to the place where a tree had fallen across the spring. It was a very large tree. "
    "They pushed, and nothing happened. They pulled, and nothing happened. Then {Friend} began to tell about "
    "{the_thing}, in such a funny way that {Name} slipped, and fell against the trunk, and it rolled.\n\n"
    "They were home before the water was, but only just. And to this day, when something {again} is stuck, people "
    "say that one should fetch {Name} and somebody who can make {him} laugh.",
    "One more thing has to be told. A year to the day after all this, a stranger came by who claimed to be the real "
    "{Name}. The stranger knew every turn of the story, told it better, and asked for the place of honour. People "
    "were confused. Even {Name} was confused, for a moment.\n\n"
    "“There is an easy way to find out,” said {Friend}. {Fhe} turned to the stranger. “What did I say when we first "
    "met?” The stranger gave a beautiful answer, with three wise sayings in it. Then {Friend} put the same question "
    "to {Name}, who went red and said: “I have no idea. I was far too worried to listen.” “That,” said {Friend}, “is "
    "exactly how it was.”\n\n"
    "They did not send the stranger away. Somebody who can tell a story so well is useful in the long evenings, and "
    "after a while the stranger turned to new stories instead, and those were better still.",
    "And then came the great winter. The snow lay up to the windows, the roads were gone, and somewhere out there, "
    "beyond the white hills, a bell was ringing that nobody could explain. It rang every evening, a little weaker "
    "each time. On the fourth evening {Name} stood up without a word, and {Friend}, who had been waiting for it, was "
    "already at the door.\n\n"
    "It took them half the night. In a hollow they found a sledge with a broken runner, and beside it an old woman, "
    "who was ringing her dinner bell with the last of her strength. “I had hoped for a doctor,” she said, “or at "
    "least for somebody sensible.” “We are what there was,” said {Name}, and they put her on the sledge and carried "
    "the broken side in turns.\n\n"
    "She stayed until the thaw, complained about everything, and taught {Name} to bake. Before she left she asked to "
    "hear about {the_thing}. When it was told, she nodded, and gave {him} the bell. It still hangs {again}, and it "
    "is rung for supper.",
    "Here most people stop, but they leave out the best part. Word of the journey had got about, and one day a whole "
    "line of travellers stood waiting {again}. Each of them had something to find, and each of them wanted {Name} "
    "to come along. {He} could not go with them all. {He} could not sleep either, for thinking of it.\n\n"
    "“You do not have to go with them,” said {Friend}. “You only have to do what I did: listen to the end, say one "
    "useful thing and share the soup.” So they cleared out the old shed, put in two benches and a pot, and {Name} "
    "listened to one traveller after another. Some had a long way before them. Some found, while they told their "
    "story, that they had arrived already.\n\n"
    "The shed grew into an inn, and the inn became known for its soup. Over the door hangs a sign with no name on "
    "it. It shows nothing but two cups, and anybody who asks what they mean is told about {the_thing}.",
    "There was a day, long afterwards, on which everything nearly went wrong. {Name} and {Friend} quarrelled. It was "
    "about something so small that neither of them would later say what it had been, and it grew until {Friend} "
    "packed {fhis} few belongings and left without a word.\n\n"
    "{Name} was in the right, and it was no fun at all. {He} was in the right at breakfast, and in the right in the "
    "evening, and on the third day {he} could not stand it any longer and set out on the old road. {He} had not got "
    "far when {he} saw somebody coming the other way. They stopped at the same moment. “I was going to say sorry,” "
    "said {Friend}. “So was I,” said {Name}, “and I have walked further, so I go first.”\n\n"
    "They argued about that, too, all the way home, but it was a different kind of arguing. And once a year, on that "
    "very day, they sat down together and each of them was wrong about something, on purpose.",
)
EXTRAS = (
    "And {extra} comes into the story as well, though nobody agrees any more on how.",
    "Some tell it with {extra} in it, too, right at the beginning, and some keep that for the very end.",
    "There is also a part with {extra} in it, but that is a story of its own.",
)
ONE_SENTENCE = (
    "{Name}, {a_kind} who lived {first}, {wants} and, with the help of {a_friend} called {Friend}, {reaches}."
)
