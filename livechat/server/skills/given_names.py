"""Given names that are heard often: they tell "I'm Rose" from "I'm tired", and she from he in a story."""

from __future__ import annotations

from livechat.server.skills.words import bag

FEMALE = bag(
    """aaliyah abigail ada adele agnes aisha alexandra alice alina alma amanda amelia amina amy ana anastasia andrea
    angela anita anna anne annie ariana astrid audrey ava barbara beatrice bella bertha beth betty bianca bridget
    camila camille carla carmen carol caroline catherine cecilia celine chiara chloe christina cindy claire clara
    claudia cleo cora cynthia daisy dana daniela daphne deborah delia denise diana dolores donna dora doris dorothy
    edith elaine elena eleanor elisa elizabeth ella ellen elsa elsie emily emma erica erika esther eva eve evelyn
    fatima fiona flora florence frances freya frieda gabriela georgia gina giulia gloria grace greta hana hanna
    hannah harriet hazel heather heidi helen helena hilda ida ines ingrid irene iris irina isabel isabella isla ivy
    jacqueline jana jane janet jasmine jean jennifer jenny jessica joan joanna josephine joy joyce judith judy julia
    juliet june karen karin karina kate katharina katherine kathleen kathryn katie katrin kayla kelly kim kimberly
    kirsten klara lara laura lauren layla lea leah lena leona lila lily lina linda lisa liz lola lora lorena louise
    lucia lucy luisa luna lydia mabel madeleine madison maja mara margaret margot maria marie marina marion marlene
    martha mary matilda maya megan mei melanie melissa mia michelle mila mildred mina miriam molly monica nadia
    nancy naomi natalia natalie natasha nell nelly nicole nina noemi nora olga olive olivia pamela patricia paula
    pauline penelope petra phoebe pia polly priya rachel rebecca regina renata rita roberta rosa rosalind rose rosie
    ruby ruth sabine sabrina sally samantha sandra sara sarah selma sharon shirley silvia sofia sofie sonia sophia
    sophie stella stephanie sue susan svetlana sylvia tamara tanja tara tatiana teresa tess theresa tilda tina tracy
    uma ursula valentina valerie vanessa vera veronica vicky victoria viola violet virginia wanda wendy wilma yara
    yasmin yuki yvonne zara zoe zofia"""
)
MALE = bag(
    """aaron abdul abraham adam adrian ahmed ajay alan albert alejandro alessandro alex alexander alexei alfred ali
    amir anders andre andreas andrew andy anthony antonio anton arjun arnold arthur artur august axel barry bart ben
    benjamin bernard bert bill billy bob boris brad brandon brian bruce bruno bryan carl carlos casper cesar charles
    charlie chen chris christian christopher clarence claude clive colin connor craig cyril dale damian dan daniel
    dave david dean dennis derek diego dieter dirk dmitri dominic donald douglas duncan dylan earl eddie edgar
    edmund eduardo edward edwin eli elias elijah elliot emil enrique eric erik ernest ernst erwin ethan eugene evan
    fabian felix ferdinand fernando finn florian francesco francis francisco frank franz fred frederick friedrich
    gabriel gary george gerald gerard giovanni glen gordon graham greg gregory guido gunther gus gustav guy hamza
    hank hans harald harold harry harvey hassan hector heinrich henrik henry herbert herman hiroshi horst howard
    hugh hugo ian ibrahim igor isaac ivan jack jacob jake jakob james jamie jan jason javier jay jeff jeffrey jens
    jeremy jerome jerry jesse jim jimmy joe joel johan johannes john johnny jon jonas jonathan jordan jorge jose
    josef joseph josh joshua juan julian julio jurgen justin kai karim karl keith ken kenji kenneth kevin khalid
    klaus kurt kyle lars larry laurence leif leo leon leonard leonardo leroy levi lewis liam lionel lloyd logan
    lorenzo louis luca lucas luigi luis luke magnus malcolm manuel marc marcel marco marcus mario mark markus martin
    marvin mateo matteo matthew matthias maurice max maximilian mehmet michael miguel mike milo mohammed morris
    nathan nathaniel ned neil nicholas nick nico nikolai nils noah noel norman oleg oliver omar oscar oskar otto
    owen pablo patrick paul pavel pedro percy perry peter phil philip pierre piotr quentin rafael rahul raj ralph
    ramon raul ravi ray raymond reinhard ricardo richard rick rob robert roberto robin rodney roger roland roman ron
    ronald rory ross roy rudolf rudi rupert russell ryan said sam samir samuel santiago saul scott sean sebastian
    sergei seth sidney simon stan stanley stefan stephen steve steven stuart sven ted teddy terry theo theodore
    thomas tim timothy toby todd tom tomas tommy tony travis tyler ulrich umar victor viktor vincent vladimir walter
    warren wayne werner wilfred wilhelm will william winston wolfgang xavier yusuf zach zachary"""
)
NAMES = (FEMALE | MALE) - bag(
    "said will mark may joy hope earl dean guy sue june august bill grace rose ivy olive dale"
)
"""Without those that are words as well: they count only when they are written with a capital."""
