//! What is made of a clip shows its pictures at their times.

use super::*;
use crate::clips::avi::AviFlaw;
use crate::clips::avi::tests::{avi, picture, scene};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource as _;
use shiguredo_mp4::demux::{Input, Mp4FileDemuxer};

/// A sample of the video: when it is shown, whether it stands for itself, and its bytes.
struct Shown {
    at_us: u64,
    is_key: bool,
    bytes: Vec<u8>,
}

struct Read {
    samples: Vec<Shown>,
    /// What the decoder must know first, as a stream.
    parameters: Vec<u8>,
    is_index_first: bool,
}

fn read_video(path: &Path) -> Read {
    let bytes = std::fs::read(path).unwrap();
    let find = |name: &[u8]| bytes.windows(4).position(|part| part == name).unwrap();
    let is_index_first = find(b"moov") < find(b"mdat");
    let mut demuxer = Mp4FileDemuxer::new();
    while let Some(asked) = demuxer.required_input() {
        let start = usize::try_from(asked.position).unwrap();
        let end = asked.size.map_or(bytes.len(), |size| (start + size).min(bytes.len()));
        demuxer.handle_input(Input { position: asked.position, data: &bytes[start..end] });
    }
    let (mut samples, mut parameters) = (Vec::new(), Vec::new());
    while let Some(sample) = demuxer.next_sample().unwrap() {
        if let Some(SampleEntry::Avc1(entry)) = sample.sample_entry {
            for unit in entry.avcc_box.sps_list.iter().chain(&entry.avcc_box.pps_list) {
                parameters.extend([0, 0, 0, 1]);
                parameters.extend(unit);
            }
        }
        let from = usize::try_from(sample.data_offset).unwrap();
        samples.push(Shown {
            at_us: sample.timestamp,
            is_key: sample.keyframe,
            bytes: bytes[from..from + sample.data_size].to_vec(),
        });
    }
    Read { samples, parameters, is_index_first }
}

/// The mean luma of every picture, decoded one after the other.
fn lumas(video: &Read) -> Vec<u8> {
    let mut decoder = Decoder::new().unwrap();
    let mut means = Vec::new();
    for (number, sample) in video.samples.iter().enumerate() {
        let mut stream = if number == 0 { video.parameters.clone() } else { Vec::new() };
        let mut rest = sample.bytes.as_slice();
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let (unit, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
            stream.extend([0, 0, 0, 1]);
            stream.extend(unit);
            rest = behind;
        }
        let shown = decoder.decode(&stream).unwrap().expect("each sample is a picture");
        let (width, height) = shown.dimensions();
        let rows = shown.y().chunks(shown.strides().0).take(height);
        let sum: u64 = rows.flat_map(|row| &row[..width]).map(|&luma| u64::from(luma)).sum();
        means.push((sum / (width * height) as u64) as u8);
    }
    means
}

/// Makes a clip of these frames playable.
fn made(
    frames: &[Vec<u8>],
    times: Option<&[u64]>,
    best: Option<usize>,
) -> (tempfile::TempDir, Result<Made, PlayError>) {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.avi");
    std::fs::write(&clip, avi(frames)).unwrap();
    let result = transcode(&clip, times, best, &folder.path().join("made"), &|_, _| {});
    (folder, result)
}

#[test]
fn every_picture_is_shown_at_its_time_and_a_dropped_one_makes_the_one_before_last() {
    let frames: Vec<Vec<u8>> = (0..12)
        .map(|number| match number {
            4 | 5 => Vec::new(),
            number => scene(64, 48, 60 + 12 * number as u8, number),
        })
        .collect();
    let times: Vec<u64> = (0..12).map(|number| 5_000_000 + number * 100_700).collect();
    let (folder, result) = made(&frames, Some(&times), None);
    let all = result.unwrap();
    assert_eq!((all.frame_count, all.width, all.height), (10, 64, 48));
    assert_eq!(all.duration_us, 11 * 100_700 + 100_000);

    let video = read_video(&folder.path().join("made").join(VIDEO));
    assert!(video.is_index_first, "a page plays before all is there");
    let shown: Vec<u64> = video.samples.iter().map(|sample| 5_000_000 + sample.at_us).collect();
    let expected: Vec<u64> =
        (0..12).filter(|number| !matches!(number, 4 | 5)).map(|number| times[number]).collect();
    assert_eq!(shown, expected);
    for (luma, number) in lumas(&video).into_iter().zip((0..12).filter(|n| !matches!(n, 4 | 5))) {
        let expected = 60 + 12 * number;
        assert!(i32::from(luma).abs_diff(expected) <= 4, "{luma} of picture {number}: {expected}");
    }
    // A picture that stands for itself comes in time, whatever lies between.
    let mut key_us = 0;
    for sample in &video.samples {
        if sample.is_key {
            key_us = sample.at_us;
        }
        assert!(sample.at_us - key_us < KEY_US + 100_700, "{} µs", sample.at_us);
    }
    assert!(video.samples[0].is_key && !video.samples[1].is_key);
}

#[test]
fn poster_thumbnail_and_sheet_show_the_clip() {
    let frames: Vec<Vec<u8>> =
        (0..60).map(|number| scene(400, 300, 40 + 3 * number as u8, number)).collect();
    let (folder, result) = made(&frames, None, Some(7));
    let all = result.unwrap();
    let file = |name: &str| std::fs::read(folder.path().join("made").join(name)).unwrap();
    assert_eq!(file(POSTER), frames[7], "the poster is the unit's own picture");
    let thumbnail = Picture::decode(&file(THUMBNAIL)).unwrap();
    assert_eq!((thumbnail.width, thumbnail.height), (320, 240));
    assert_eq!((all.tile_count, all.tile_width, all.tile_height), (48, 160, 120));
    let sheet = Picture::decode(&file(SPRITE)).unwrap();
    assert_eq!((sheet.width, sheet.height), (8 * 160, 6 * 120));
    // Each tile is brighter than the one before.
    let luma = |tile: usize| {
        let (x, y) = (tile % 8 * 160 + 80, tile / 8 * 120 + 90);
        sheet.pixels[3 * (y * sheet.width + x)]
    };
    assert!((1..48).all(|tile| luma(tile - 1) < luma(tile)));
    let left = std::fs::read_dir(folder.path().join("made")).unwrap().count();
    assert_eq!(left, 5, "nothing half made is left");
}

#[test]
fn without_times_the_clips_own_pace_counts_and_times_that_stand_still_go_on() {
    let frames: Vec<Vec<u8>> = (0..4).map(|number| scene(32, 32, 90, number)).collect();
    let (_folder, result) = made(&frames, None, None);
    assert_eq!(result.unwrap().duration_us, 400_000);
    let (folder, result) = made(&frames, Some(&[900, 900, 100, 5_000]), None);
    assert_eq!(result.unwrap().frame_count, 4);
    let video = read_video(&folder.path().join("made").join(VIDEO));
    let times: Vec<u64> = video.samples.iter().map(|sample| sample.at_us).collect();
    assert_eq!(times, [0, 1_000, 2_000, 4_100]);
}

#[test]
fn a_broken_picture_is_left_out_and_a_clip_of_nothing_else_is_set_aside() {
    let broken = [&[0xff, 0xd8][..], &[7; 40], &[0xff, 0xd9]].concat();
    let (_folder, result) =
        made(&[scene(32, 32, 90, 0), broken.clone(), scene(32, 32, 90, 1)], None, None);
    assert_eq!(result.unwrap().frame_count, 2);

    let flaw = |frames: &[Vec<u8>]| match made(frames, None, None).1 {
        Err(PlayError::Flaw(flaw)) => flaw,
        other => panic!("{other:?}"),
    };
    assert_eq!(flaw(&[broken]), PlayFlaw::Undecodable);
    assert_eq!(flaw(&[picture()]), PlayFlaw::Size);
    assert_eq!(flaw(&[scene(2_050, 16, 90, 0)]), PlayFlaw::Size);
    assert_eq!(flaw(&[scene(32, 32, 90, 0), scene(48, 32, 90, 0)]), PlayFlaw::SizeChanges);
    match made(&[Vec::new()], None, None).1 {
        Err(PlayError::Clip(AviError::Flaw(flaw))) => assert_eq!(flaw, AviFlaw::Empty),
        other => panic!("{other:?}"),
    }
}
