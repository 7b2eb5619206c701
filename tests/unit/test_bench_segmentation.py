"""Scores of the segmentation on cases small enough to count by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scoring import at_least, iou, lines, match, near, whole
from segmentation_bench import Bench, ahead, judge, methods_of
from segmentation_peers import chain
from segmentation_tally import (
    ACTIVE,
    AP,
    CRACKS,
    PHASES,
    QUALITY,
    WIDE,
    Found,
    Picture,
    Tally,
    phase_table,
)

from transect.errors import AnalysisError
from transect.phases import Phase


def squares(*boxes, shape=(40, 40)):
    out = np.zeros(shape, np.int64)
    for n, (r0, r1, c0, c1) in enumerate(boxes, start=1):
        out[r0:r1, c0:c1] = n
    return out


FIVE = squares(*((0, 10, c, c + 8) for c in range(0, 40, 8)))
SIX = squares(*((0, 10, c, c + 8) for c in range(0, 40, 8)), (20, 30, 0, 8))


def picture(particles, cracks=()):
    phases = np.where(particles > 0, Phase.ACTIVE_MATERIAL, Phase.PORE).astype(np.uint8)
    for spot in cracks:
        phases[spot] = Phase.CRACK
    return Picture(phases, phases, particles)


def nothing(truth):
    return Found(np.full_like(truth.phases, Phase.PORE), np.zeros_like(truth.particles))


def test_a_match_counts_hits_misses_and_false_finds():
    truth = squares((0, 10, 0, 10), (20, 30, 0, 10), (20, 30, 20, 30))
    # The first is right but for two rows, the second missed, the third split in unequal parts.
    found = squares((0, 8, 0, 10), (20, 26, 20, 30), (26, 30, 20, 30), (35, 40, 35, 40))
    pairs = match(truth, found)
    assert sorted(pairs.iou) == pytest.approx([0.6, 0.8])
    assert (pairs.n_truth, pairs.n_found) == (3, 4)
    assert pairs.average_precision == pytest.approx(2 / 5)
    assert pairs.f1 == pytest.approx(4 / 7)
    assert pairs.panoptic_quality == pytest.approx(1.4 * 2 / 7)


def test_half_of_the_union_is_no_match_yet():
    assert match(squares((0, 10, 0, 10)), squares((0, 5, 0, 10))).iou.size == 0
    assert match(squares((0, 10, 0, 10)), squares((0, 6, 0, 10))).iou.size == 1


def test_small_objects_count_on_neither_side_unless_a_large_one_matches_them():
    truth = squares((0, 7, 0, 7), (20, 25, 0, 5), (30, 40, 30, 40))
    found = squares((0, 8, 0, 7), (20, 25, 20, 25), (30, 40, 30, 40))
    pairs = match(truth, found, smallest=50)
    assert (pairs.iou.size, pairs.n_truth, pairs.n_found) == (2, 2, 2)


def test_merged_particles_are_one_false_find_and_two_misses():
    truth, found = squares((0, 10, 0, 10), (0, 10, 10, 20)), squares((0, 10, 0, 20))
    pairs = match(truth, found)
    assert (pairs.iou.size, pairs.n_truth, pairs.n_found) == (0, 2, 1)


def test_a_hole_counts_to_what_is_around_it_whoever_left_it_out():
    ring = squares((5, 25, 5, 25))
    full = ring.copy()
    ring[10:15, 10:15] = 0
    assert np.array_equal(whole(ring) > 0, full > 0)
    assert match(whole(ring), whole(full)).iou == pytest.approx([1.0])


def test_a_pore_between_two_particles_and_one_at_the_edge_stay_open():
    two = squares((0, 20, 0, 10), (0, 20, 10, 20))
    two[8:12, 8:12] = 0
    two[0:3, 2:5] = 0
    assert np.array_equal(whole(two) > 0, two > 0)


def test_an_object_in_two_pieces_is_two():
    pieces = squares((0, 10, 0, 10))
    pieces[20:30, 20:30] = 1
    assert whole(pieces).max() == 2
    assert set(np.bincount(whole(pieces).ravel())[1:]) == {100}


def test_ids_may_be_large_and_background_absent():
    ids = squares((0, 40, 0, 20), (0, 40, 20, 40)).astype(np.uint64) * np.uint64(2**40)
    assert set(np.unique(whole(ids))) == {1, 2}


def test_nearness_is_a_distance_in_all_directions():
    mask = np.zeros((9, 9), np.bool_)
    mask[4, 4] = True
    # (2, 0) is in, (2, 1) is not.
    assert near(mask, 2.0).sum() == 13
    assert not near(np.zeros_like(mask), 2.0).any()


def stripe(column, width, shape=(50, 60)):
    mask = np.zeros(shape, np.bool_)
    mask[:, column : column + width] = True
    return mask


def test_a_crack_may_lie_two_pixels_off_and_not_three():
    truth = stripe(20, 1)
    assert lines(truth, stripe(22, 1)).f1 == 1.0
    assert lines(truth, stripe(23, 1)).f1 == 0.0


def test_precision_and_recall_of_cracks():
    truth, found = stripe(20, 1), stripe(20, 1) | stripe(40, 3)
    found[25:] &= ~stripe(20, 1)[25:]
    scored = lines(truth, found)
    # 25 of 50 true pixels and two more within reach; of 25 + 150 found ones, 25 are right.
    assert (scored.right, scored.found, scored.seen, scored.truth) == (25, 175, 27, 50)
    assert scored.f1 == pytest.approx(2 * (25 / 175) * (27 / 50) / (25 / 175 + 27 / 50))


def test_no_cracks_found_where_there_are_none_is_right():
    none = np.zeros((5, 5), np.bool_)
    assert lines(none, none).f1 == 1.0
    assert lines(none, ~none).f1 == 0.0
    assert lines(~none, none).f1 == 0.0


@pytest.mark.parametrize(("width", "kept"), [(1, False), (2, False), (3, True), (5, True)])
def test_width_is_measured_across(width, kept):
    assert at_least(stripe(20, width), 3).any() == kept
    row, column = np.indices((60, 60))
    assert at_least(np.abs(row - column) <= width / 2**0.5, 3).any() == kept


def test_narrow_cracks_count_neither_way_among_wide_ones():
    truth = stripe(10, 4) | stripe(30, 1)
    assert lines(truth, stripe(10, 4), width=3).f1 == 1.0
    assert lines(truth, stripe(10, 4) | stripe(30, 1), width=3).f1 == 1.0
    # A narrow false one is not of this kind, a wide one is.
    assert lines(truth, stripe(10, 4) | stripe(50, 1), width=3).f1 == 1.0
    assert lines(truth, stripe(10, 4) | stripe(50, 4), width=3).f1 == pytest.approx(2 / 3)


def test_phase_iou_takes_openings_for_pores_and_leaves_out_what_is_not_there():
    truth = picture(squares((0, 10, 0, 40)), [np.s_[2:4, 2:4]])
    same = Found(truth.phases.copy(), truth.particles)
    same.phases[2:4, 2:4] = Phase.VOID
    tally = Tally()
    tally.add(truth, same)
    assert tally.scores()[PHASES] == 1.0
    table = phase_table(truth.phases, np.full_like(truth.phases, Phase.PORE))
    assert table.tolist() == [[0, 396, 396], [0, 0, 0], [1204, 1600, 1204]]


def test_what_is_outside_of_the_coating_does_not_count():
    truth = picture(squares((0, 10, 0, 40)))
    truth.phases[30:] = Phase.COLLECTOR
    found = Found(truth.phases.copy(), truth.particles)
    found.phases[30:] = Phase.CRACK
    tally = Tally()
    tally.add(truth, found)
    assert set(tally.scores().values()) == {1.0}


def test_pixels_of_two_images_are_pooled_and_particles_are_not():
    few, many = picture(FIVE, [np.s_[2:8, 4]]), picture(SIX, [np.s_[2:8, 4]])
    tally = Tally()
    tally.add(few, Found(few.phases, few.particles))
    tally.add(many, nothing(many))
    scores = tally.scores()
    assert scores[AP] == scores[QUALITY] == 0.5
    assert scores[ACTIVE] == pytest.approx(394 / (394 + 474))
    # Precision 1, recall 1/2.
    assert scores[CRACKS] == pytest.approx(2 / 3)
    # The cracks are 1 px wide.
    assert WIDE not in scores


def test_an_image_of_hardly_any_particle_has_no_score_of_particles():
    truth, tally = picture(squares((0, 10, 0, 10))), Tally()
    tally.add(truth, nothing(truth))
    assert set(tally.scores()) == {PHASES, ACTIVE}
    full = picture(FIVE)
    tally.add(full, Found(full.phases, full.particles))
    assert tally.scores()[AP] == 1.0


def test_goals_are_for_the_methods_that_have_them(capsys):
    truth, tally = picture(FIVE), Tally()
    tally.add(truth, nothing(truth))
    assert judge("x", {"classical": tally}, {"network": {AP: 0.9}})
    assert not judge("x", {"network": tally}, {"network": {AP: 0.9}})
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(set(row) == {"figure", "value", "unit", "goal", "met"} for row in rows)
    assert [row["figure"] for row in rows if row["met"] is False] == [f"x, network: {AP}"]


def test_the_network_is_ahead_where_it_is_so_in_every_score(capsys):
    truth = picture(squares((0, 10, 0, 10)), [np.s_[2:8, 5]])
    right, blind = Tally(), Tally()
    right.add(truth, Found(truth.phases, truth.particles))
    blind.add(
        truth,
        Found(np.where(truth.phases == Phase.CRACK, Phase.PORE, truth.phases), truth.particles),
    )
    assert ahead("x", {"network": right, "classical": blind})
    assert not ahead("x", {"network": blind, "classical": right})
    assert json.loads(capsys.readouterr().out.splitlines()[1])["unit"] == CRACKS
    assert ahead("x", {"classical": right})


def test_a_network_that_is_not_there_is_said_and_missed(tmp_path, capsys):
    methods, fine = methods_of(["classical", "network"], tmp_path)
    assert not fine
    assert list(methods) == ["classical"]
    row = json.loads(capsys.readouterr().out)
    assert (row["figure"], row["met"]) == ("network", False)
    assert methods_of(["classical"], tmp_path)[1]


def test_an_image_that_is_refused_scores_nothing(tmp_path):
    def refuse(image, zone, chemistry):
        raise AnalysisError("one hump")

    truth, tally = picture(FIVE), Tally()
    tally.add(truth, Bench({"x": refuse}, tmp_path).run("x", truth, "of"))
    assert set(tally.scores().values()) == {0.0}


def test_pictures_are_kept_when_asked_for(tmp_path):
    truth = picture(squares((0, 10, 0, 10), (0, 10, 10, 20)))
    found = Found(truth.phases, truth.particles)
    bench = Bench({"x": lambda *given: found}, tmp_path, pictures=tmp_path)
    bench.run("x", truth, "nmc, flat 0")
    assert [path.name for path in tmp_path.iterdir()] == ["nmc-flat-0-x.png"]


def test_the_plain_chain_finds_discs():
    row, column = np.indices((120, 120))
    image = np.full((120, 120), 20.0)
    for r, c in ((30, 30), (30, 60), (90, 60)):
        image[(row - r) ** 2 + (column - c) ** 2 < 17**2] = 200.0
    image[60:70, 90:110] = 80.0
    phases, particles = chain(image, None)
    assert particles.max() == 3
    assert phases[65, 100] == Phase.BINDER
    assert phases[5, 110] == Phase.PORE
    assert iou(phases == Phase.ACTIVE_MATERIAL, image == 200) > 0.95


def test_methods_hear_what_the_chemistry_says(tmp_path):
    heard = []
    truth = replace(picture(FIVE), chemistry={"filler": "electrolyte"})
    bench = Bench({"x": lambda *given: heard.append(given[2]) or nothing(truth)}, tmp_path)
    bench.run("x", truth, "of")
    assert heard == [{"filler": "electrolyte"}]
