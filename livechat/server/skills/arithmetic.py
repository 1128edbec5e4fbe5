"""Exact arithmetic as it is spoken or typed: "seventeen times twenty four", "15 percent of 80", "(3 + 4) * 5".

An utterance is arithmetic only if every word of it is a number, an operation or a word that frames a question.
What is answered is exact or says "about".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from livechat.server.skills.calculation import Impossible, Unreadable, Value, calculate
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.numerals import Token, ordinal_of, read_numbers, said
from livechat.server.skills.words import bag, sentence, table, written_out

_FRAME = bag(
    """what is are was does do did you i me we us it get when if tell know please kindly calculate compute work out
    figure solve evaluate how much many would will be the a an result answer value equal equals give makes make
    comes for up that so ok okay having got have can could quickly exactly now about find need want like hey hello
    hi just number numbers math maths problem task um uh er hmm well let happen wondering wonder question quick
    thanks thank real actually maybe"""
)
_SYMBOLS = table(
    """+=plus -=minus −=minus –=minus *=times ×=times ·=times ÷=over /=over ^=power **=power √=root %=percent ²=squared
    ³=cubed"""
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
"""The one of twenty-four, which is no minus."""
_PIECE = re.compile(
    r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:st|nd|rd|th)\b|\d*\.?\d+|[^\W\d_]+(?:'\w+)?|\*\*|[-+−–*×·÷/^√%(),²³]"
)

# What is said for an operation, longest phrase first. "+" marks the verbs and nouns that stand before their numbers.
_PHRASES = [
    (tuple(phrase.replace("_", " ").split()), word)
    for phrase, word in sorted(
        table(
            """to_the_power_of=power raised_to_the_power_of=power raised_to_the_power=power to_the_power=power
            raised_to=power square_root_of=root square_root=root square_route_of=root root_of=root sqrt=root
            sqrt_of=root cube_root_of=cuberoot cubic_root_of=cuberoot third_root_of=cuberoot square_of=square
            cube_of=cube multiplied_by=times multiplied_with=times time=times x=times divided_by=over
            divided_through=over added_to=plus increased_by=plus take_away=minus takeaway=minus less=minus
            reduced_by=minus decreased_by=minus negative=minus per_cent=percent percentage=percent
            factorial=factorial modulo=mod modulus=mod twice=double thrice=triple add=+plus sum=+plus sum_of=+plus
            total_of=+plus plus=plus product_of=+times multiply=+times divide=+over quotient_of=+over subtract=+from
            deduct=+from take=+from difference_between=+minus difference_of=+minus result_of=result value_of=value
            answer_to=answer average_of=+mean mean_of=+mean average=+mean remainder_of=+mod remainder=+mod
            to_the_square=squared"""
        ).items(),
        key=lambda pair: -pair[0].count("_"),
    )
]
_JOINTS = {
    "+plus": "and , to with",
    "+times": "and , by with",
    "+over": "and , by",
    "+minus": "and ,",
    "+mod": "over and , by",
}
_SPOKEN = table(
    "over=divided_by power=to_the_power_of root=the_square_root_of cuberoot=the_cube_root_of mod=modulo "
    "square=the_square_of cube=the_cube_of"
)
_INFIX = bag("plus minus times over mod of power")


def arithmetic(moment: Moment) -> Reply | None:
    pieces = _pieces(moment.said.raw)
    for joining in (True, False):
        try:
            tokens = _rewritten([token for token in read_numbers(pieces, joining=joining) if token not in _FRAME])
            return [_result(tokens, calculate(tokens))] if _is_task(tokens) else None
        except Impossible as refusal:
            return [str(refusal)]
        except Unreadable:
            continue
    return None


def _result(tokens: Sequence[Token], value: Value) -> str:
    text = said(value.number, 6)
    if text.startswith("about"):  # as every root does that is not exact: it has digits far behind the sixth
        text = said(value.number) + (f", exactly {_fraction(value.number)}" if _worth_a_fraction(tokens, value) else "")
    return sentence(f"{_echo(tokens)} is {text}")


def _worth_a_fraction(tokens: Sequence[Token], value: Value) -> bool:
    asked_so = len(tokens) == 3 and tokens[1] == "over" and abs(value.number) < 1
    return value.exact and value.number.denominator <= 100 and not asked_so


def _fraction(number: Fraction) -> str:
    whole, part = divmod(abs(number), 1)
    return ("minus " if number < 0 else "") + (f"{whole} and {part}" if whole else str(part))


def _echo(tokens: Sequence[Token]) -> str:
    """The task as it was understood, so that a mishearing is heard."""
    return " ".join(map(_spoken, tokens)).replace("( ", "(").replace(" )", ")")


def _spoken(token: Token) -> str:
    if isinstance(token, str):
        return _SPOKEN.get(token, token).replace("_", " ")
    text = said(token, 15)
    return _fraction(token) if text.startswith("about") else text


def _is_task(tokens: Sequence[Token]) -> bool:
    """A number alone, with or without a sign or a percent, asks nothing."""
    return any(token not in ("minus", "percent", "(", ")") for token in tokens if isinstance(token, str)) or (
        "minus" in tokens[1:]
    )


def _pieces(text: str) -> list[str]:
    """Small-letter words, digits and, for symbols and phrases, operation words."""
    found: list[str] = _PIECE.findall(_HYPHEN.sub(" ", written_out(text)))
    pieces = [_SYMBOLS.get(piece, piece) for piece in found]
    merged: list[str] = []
    while pieces:
        length, word = next(
            ((len(phrase), word) for phrase, word in _PHRASES if tuple(pieces[: len(phrase)]) == phrase), (1, pieces[0])
        )
        merged.append(word)
        del pieces[:length]
    return merged


def _rewritten(tokens: list[Token]) -> list[Token]:
    """`tokens` in the order in which one calculates: "add 3 to 4", "take 3 from 4" and the like turned round."""
    tokens = _commas_dropped(_powers_read(tokens))
    while tokens[:1] in (["to"], ["and"]):  # what is left of "I need to know"
        del tokens[0]
    while tokens[-1:] == ["and"]:  # and of "and tell me the result"
        del tokens[-1]
    if tokens[:1] == ["minus"] and "from" in tokens:
        tokens[0] = "+from"
    verbs = [at for at, token in enumerate(tokens) if isinstance(token, str) and token.startswith("+")]
    if not verbs:
        return tokens
    if len(verbs) > 1 or verbs[0] > 1:
        raise Unreadable
    verb = str(tokens[verbs[0]])
    return _between(tokens, verb) if verbs[0] == 1 else _turned(verb, tokens[1:])


def _between(tokens: list[Token], verb: str) -> list[Token]:
    """A verb between its numbers: "3 add 4"."""
    return [tokens[0], {"+from": "minus"}.get(verb, verb[1:]), *tokens[2:]]


def _turned(verb: str, rest: list[Token]) -> list[Token]:
    if verb == "+from":
        rest = [token for token in rest if token != "away"]
        at = rest.index("from") if "from" in rest else len(rest)
        return [*rest[at + 1 :], "minus", *rest[:at]]
    joints = _JOINTS.get(verb, "and ,").split()
    between: Token = "plus" if verb == "+mean" else verb[1:]
    tokens = [between if token in joints else token for token in rest]
    if between not in tokens:
        raise Unreadable
    if verb == "+mean":
        return ["(", *tokens, ")", "over", Fraction(tokens.count("plus") + 1)]
    match (verb, tokens):
        case ("+minus", [Fraction() as one, _, Fraction() as other]):  # a difference has no direction
            return [max(one, other), "minus", min(one, other)]
        case _:
            return tokens


def _powers_read(tokens: list[Token]) -> list[Token]:
    """ "2 to the 10th [power]" as "2 power 10"; "the" is gone already."""
    result: list[Token] = []
    for at, token in enumerate(tokens):
        exponent = ordinal_of(token) if isinstance(token, str) else None
        if exponent is not None and result[-1:] in (["to"], ["power"]):
            result[-1:] = ["power", Fraction(exponent)]
        elif token != "power" or not _is_ordinal(tokens[at - 1 : at]):
            result.append(token)
    return result


def _is_ordinal(tokens: list[Token]) -> bool:
    return any(isinstance(token, str) and ordinal_of(token) is not None for token in tokens)


def _commas_dropped(tokens: list[Token]) -> list[Token]:
    """Without the commas that only mark a breath: those that do not stand between two numbers."""
    beside = zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False)
    return [
        token
        for before, token, after in beside
        if token != "," or (isinstance(before, Fraction) and isinstance(after, Fraction))
    ]
