"""What is drawn: the same from the same seed, and from no other."""

from __future__ import annotations

import re

from livechat.server.chance import SEEDS, Chance


def test_equal_seeds_draw_alike() -> None:
    one, two = Chance(7), Chance(7)
    assert one.seed == two.seed == 7
    assert [one.of(3).random() for _ in range(2)] == [two.of(3).random() for _ in range(2)]
    assert one.session_id(3) == two.session_id(3)
    assert one.token_name(3) == two.token_name(3)


def test_nothing_is_drawn_twice() -> None:
    seven, eight = Chance(7), Chance(8)
    drawn = {chance.of(number).random() for chance in (seven, eight) for number in range(50)}
    sessions = {chance.session_id(number) for chance in (seven, eight) for number in range(50)}
    tokens = {chance.token_name(number) for chance in (seven, eight) for number in range(50)}
    assert len(drawn) == len(sessions) == len(tokens) == 100


def test_what_is_drawn_stays_the_same_from_release_to_release() -> None:
    assert Chance(7).of(1).randrange(10**6) == 57_754
    assert str(Chance(7).session_id(1)) == "5d365571-2653-4c08-ba1d-e5d8aefc7441"
    assert Chance(7).token_name(1) == "auth_tokens/wLEpwDP_JLzarF6pP3vgghW4J6ETDoggb_rrdeGVgno"


def test_a_session_has_an_id_as_others_have() -> None:
    assert Chance(7).session_id(1).version == 4


def test_a_token_cannot_be_guessed_from_the_seed_where_the_server_has_a_secret() -> None:
    name = Chance(7, "sesame").token_name(1)
    assert name != Chance(7).token_name(1)
    assert re.fullmatch(r"auth_tokens/[\w-]{43}", name)


def test_neither_can_a_session_for_who_holds_a_handle_could_try_all_seeds() -> None:
    one, same, other = Chance(7, "sesame"), Chance(7, "sesame"), Chance(7, "simsim")
    assert one.session_id(1) == same.session_id(1)
    assert len({chance.session_id(1) for chance in (one, other, Chance(7))}) == 3
    assert one.session_id(1).version == 4


def test_without_a_seed_one_is_drawn() -> None:
    seeds = {Chance().seed for _ in range(4)}
    assert len(seeds) > 1
    assert all(0 <= seed < SEEDS for seed in seeds)
