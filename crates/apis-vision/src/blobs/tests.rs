//! Blobs from drawn masks: what is joined, what is measured, what gives way.

use super::*;
use crate::weights::focus_weight;
use std::vec::Vec;

/// A flat scene of light 120 with dark discs (x, y, radius in cells) of light 40 in it.
fn find(width: usize, height: usize, discs: &[(usize, usize, usize)]) -> (Vec<Blob>, u64) {
    let size = GridSize { width, height, cell_px: 1 };
    let mut cells = Cells::new(size.cells());
    cells.current.fill(120);
    let mut background = Background::new(size.cells());
    background.restart(&cells.current);
    cells.forget_previous();
    for &(x, y, radius) in discs {
        for index in 0..size.cells() {
            let (dx, dy) = ((index % width).abs_diff(x), (index / width).abs_diff(y));
            if dx * dx + dy * dy <= radius * radius {
                cells.current[index] = 40;
            }
        }
    }
    background.mark(&cells.current, 256, (0, 0), size);
    let mut finder = BlobFinder::new();
    let blobs = finder.find(&cells, &background, 256, size).to_vec();
    (blobs, finder.blobs_dropped)
}

#[test]
fn a_dark_disc_is_one_blob_at_its_centre() {
    let (blobs, _) = find(80, 60, &[(30, 20, 6)]);
    let [blob] = blobs.as_slice() else { panic!("{blobs:?}") };
    assert_eq!((blob.x16, blob.y16), (30 * 16 + 8, 20 * 16 + 8));
    assert_eq!(blob.bounds16, [24 * 16, 14 * 16, 37 * 16, 27 * 16]);
    assert_eq!(blob.darkness, 80 * 256 / 120);
    assert_eq!((blob.evenness, blob.texture), (256, 0));
    // A disc of 113 cells covers as much as an insect 17.8 long.
    assert!((280..290).contains(&blob.length16), "{}", blob.length16);
    assert!((150..190).contains(&blob.stretch), "{}", blob.stretch);
}

#[test]
fn discs_apart_are_two_and_discs_that_touch_at_a_corner_are_one() {
    assert_eq!(find(80, 60, &[(20, 20, 4), (40, 20, 4)]).0.len(), 2);
    assert_eq!(find(80, 60, &[(20, 20, 3), (24, 24, 3)]).0.len(), 1);
    assert_eq!(find(80, 60, &[]).0.len(), 0);
}

#[test]
fn a_single_changed_cell_is_noise() {
    assert_eq!(find(80, 60, &[(20, 20, 0)]).0.len(), 0);
}

#[test]
fn the_least_dark_blob_gives_way_wherever_it_lies() {
    let mut discs: Vec<(usize, usize, usize)> =
        (0..12 * 9).map(|index| (8 + index % 12 * 12, 8 + index / 12 * 10, 1)).collect();
    // The largest comes last in reading order.
    discs.push((140, 110, 5));
    let (blobs, dropped) = find(160, 120, &discs);
    assert_eq!(blobs.len(), BLOBS_MAX);
    assert_eq!(dropped, discs.len() as u64 - BLOBS_MAX as u64);
    assert!(blobs.iter().any(|blob| blob.x16 == 140 * 16 + 8));
}

#[test]
fn light_that_keeps_the_texture_is_told_from_a_body_that_hides_it() {
    let size = GridSize { width: 60, height: 40, cell_px: 1 };
    let texture = |index: usize| 90 + (index * 37 % 61) as u8;
    let measure = |now: fn(u8) -> u8| {
        let mut cells = Cells::new(size.cells());
        let all = cells.current.iter_mut().enumerate();
        all.for_each(|(index, cell)| *cell = texture(index));
        let mut background = Background::new(size.cells());
        background.restart(&cells.current);
        cells.forget_previous();
        for y in 10..25 {
            for cell in &mut cells.current[y * 60 + 20..y * 60 + 35] {
                *cell = now(*cell);
            }
        }
        background.mark(&cells.current, 256, (0, 0), size);
        BlobFinder::new().find(&cells, &background, 256, size)[0].texture
    };
    assert!(measure(|light| light / 2) > 200);
    assert!(measure(|_| 30) < 8);
}

/// The blobs of a picture 60 cells wide and 40 high over even ground of 120.
fn find_in(light: impl Fn(usize, usize) -> u8) -> Vec<Blob> {
    let size = GridSize { width: 60, height: 40, cell_px: 1 };
    let mut cells = Cells::new(size.cells());
    cells.current.fill(120);
    let mut background = Background::new(size.cells());
    background.restart(&cells.current);
    cells.forget_previous();
    for (index, cell) in cells.current.iter_mut().enumerate() {
        *cell = light(index % size.width, index / size.width);
    }
    background.mark(&cells.current, 256, (0, 0), size);
    background.bridge(size);
    BlobFinder::new().find(&cells, &background, 256, size).to_vec()
}

#[test]
fn a_body_with_a_seam_as_light_as_the_ground_is_seen_whole() {
    let body = |x: usize, y: usize| (20..32).contains(&x) && (10..18).contains(&y);
    let seamed = |seam: fn(usize, usize) -> bool| {
        find_in(|x, y| if body(x, y) && !seam(x, y) { 40 } else { 120 })
    };
    for blobs in [seamed(|x, _| x == 26), seamed(|_, y| y == 14)] {
        let [blob] = blobs.as_slice() else { panic!("{blobs:?}") };
        assert_eq!(blob.bounds16, [20 * 16, 10 * 16, 32 * 16, 18 * 16]);
        // The seam counts: it is as long as a body without one.
        assert_eq!(blob.length16, seamed(|_, _| false)[0].length16);
    }
    assert_eq!(seamed(|x, _| x == 26 || x == 27).len(), 2, "two cells are a gap between bodies");
}

#[test]
fn an_outline_out_of_focus_is_soft() {
    let sharpness = |softness: i32| {
        // A disc whose rim rises over so many cells.
        let blobs = find_in(|x, y| {
            let (dx, dy) = (x as i32 - 30, y as i32 - 20);
            let within16 = 9 * 16 - (dx * dx + dy * dy).isqrt() * 16;
            120 - (within16 * 80 / (softness * 16)).clamp(0, 80) as u8
        });
        blobs[0].sharpness
    };
    let weight = |softness| focus_weight(sharpness(softness));
    assert_eq!(weight(1), 0, "{}", sharpness(1));
    assert!(weight(6) < -1_500, "{}", sharpness(6));
    // At the picture's rim only what lies within is known.
    let cut = find_in(|x, y| if x < 10 && (10..20).contains(&y) { 40 } else { 120 });
    assert!(cut[0].sharpness > 250, "{}", cut[0].sharpness);
}
