# The made-up stories the sample models learn: a small grammar that reads like simple English.
# SPDX-License-Identifier: GPL-3.0-or-later

import math
import random
from collections import namedtuple

NAMES = {"she": ("Anna", "Clara", "Dora", "Emma", "Ida", "Jana", "Lucy", "Mia", "Nora", "Rosa"),
         "he": ("Adam", "Ben", "Carl", "David", "Felix", "Hugo", "Jack", "Leo", "Max", "Tom")}
HIM = {"she": "her", "he": "him"}
PLACES = ("garden", "forest", "market", "river", "school", "harbour", "castle", "library", "meadow", "village")
OBJECTS = ("ball", "book", "boat", "key", "lamp", "drum", "hat", "kite", "cup", "coin", "doll", "bell")
COLOURS = ("red", "blue", "green", "yellow", "white", "black", "brown", "golden")
SPOTS = ("under the table", "behind the door", "near the well", "in the basket", "on the bench", "beside the tree")
GOODS = ("apples", "pears", "nuts", "stones", "flowers", "shells", "eggs", "buttons")
TIMES = ("One morning", "One evening", "Last summer", "Once upon a time")
WAYS = ("went", "walked", "ran")
MOODS = ("happy", "sad", "tired", "proud")
BRACKETS = {"(": ")", "[": "]", "{": "}"}

Cast = namedtuple("Cast", "hero pronoun friend place colour thing spot")


class Choices:
    """A seeded source of equally likely choices that adds up their entropy in nats."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.nats = 0.0

    def pick(self, options):
        self.nats += math.log(len(options))
        return options[self.random.randrange(len(options))]

    def pick_other(self, options, *taken):
        return self.pick([o for o in options if o not in taken])


def give(c, cast):
    return (f"{cast.hero} gave the {cast.thing} to {cast.friend}. "
            f"Now {cast.friend} had the {cast.colour} {cast.thing}.")


def add(c, cast):
    goods, have, more = c.pick(GOODS), c.pick(range(2, 10)), c.pick(range(1, 10))
    return (f"{cast.hero} had {have} {goods}. {cast.friend} gave {HIM[cast.pronoun]} {more} more. "
            f"Then {cast.hero} had {have + more} {goods}.")


def ask(c, cast):
    return (f'"Where was the {cast.colour} {cast.thing}?" asked {cast.friend}. '
            f'"It was {cast.spot}," said {cast.hero}.')


def repeat(c, cast):
    words = ", ".join(f"{c.pick(COLOURS)} {c.pick(OBJECTS)}" for _ in range(c.pick((2, 3))))
    return f'{cast.friend} said "{words}" and {cast.hero} said "{words}" too.'


def count_down(c, cast):
    numbers = " ".join(str(n) for n in range(c.pick(range(3, 10)), -1, -1))
    return f"{cast.pronoun.capitalize()} counted {numbers} and laughed."


def draw(c, cast):
    """Balanced brackets of three kinds, at most three deep."""
    text, open_ones = "", []
    for left in range(c.pick((2, 3, 4)), 0, -1):
        while open_ones and (len(open_ones) == 3 or c.pick((True, False))):
            text += BRACKETS[open_ones.pop()]
        open_ones.append(c.pick(tuple(BRACKETS)))
        text += open_ones[-1]
    text += "".join(BRACKETS[b] for b in reversed(open_ones))
    return f"{cast.hero} drew {text} on the wall of the {cast.place}."


def feel(c, cast):
    mood = c.pick(MOODS)
    return f"{cast.friend} was {mood}, and so {cast.hero} was {mood} too."


EVENTS = (give, add, ask, repeat, count_down, draw, feel)


def new_cast(c):
    pronoun = c.pick(tuple(NAMES))
    hero = c.pick(NAMES[pronoun])
    friend = c.pick_other(NAMES["she"] + NAMES["he"], hero)
    return Cast(hero, pronoun, friend, c.pick(PLACES), c.pick(COLOURS), c.pick(OBJECTS), c.pick(SPOTS))


def story(c):
    """One story: an opening, two to four different events, an ending that names what came before."""
    cast = new_cast(c)
    parts = [f"{c.pick(TIMES)}, {cast.hero} {c.pick(WAYS)} to the {cast.place} with {cast.friend}. "
             f"There {cast.pronoun} found a {cast.colour} {cast.thing} {cast.spot}."]
    told = []
    for _ in range(c.pick((2, 3, 4))):
        told.append(c.pick_other(EVENTS, *told))
        parts.append(told[-1](c, cast))
    parts.append(f"At last {cast.hero} and {cast.friend} left the {cast.place} and took the {cast.thing} home.")
    return " ".join(parts) + "\n"


def write_text(seed, characters):
    """Stories up to at least so many characters, and the entropy in nats of all choices made in them."""
    c = Choices(seed)
    stories, length = [], 0
    while length < characters:
        stories.append(story(c))
        length += len(stories[-1])
    return "".join(stories), c.nats
