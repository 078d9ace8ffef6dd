//! From a unit's clip to what a browser plays: H.264 in MP4, a poster, a thumbnail, and a sheet of
//! small pictures for scrubbing.
//!
//! The video has the clip's pictures, each once, in their order, at the times that its sidecar
//! tells; a frame that the unit dropped only makes the one before it last. No picture depends on a
//! later one, and every half second one stands for itself, so that a page can step and seek.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::num::NonZeroU32;
use std::path::Path;

use openh264::OpenH264API;
use openh264::Timestamp;
use openh264::encoder::{
    Encoder, EncoderConfig, FrameRate, FrameType, QpRange, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;
use shiguredo_mp4::TrackKind;
use shiguredo_mp4::bitstream::h264::{
    H264NalUnitType, H264SampleEntryConfig, LengthSize, build_avc1_box_from_annexb,
    parse_annexb_nal_units,
};
use shiguredo_mp4::boxes::SampleEntry;
use shiguredo_mp4::mux::{
    Mp4FileMuxer, Mp4FileMuxerOptions, Sample, estimate_maximum_moov_box_size,
};

use super::picture::{NoPicture, Picture};
use crate::clips::avi::{self, AviError, Place};
use crate::media::durable;

/// Names of what is made, in the clip's own folder.
pub const VIDEO: &str = "play.mp4";
pub const POSTER: &str = "poster.jpg";
pub const THUMBNAIL: &str = "thumbnail.jpg";
pub const SPRITE: &str = "sprite.jpg";
pub const FRAMES: &str = "frames.json";

/// Longest time between two pictures that stand for themselves.
const KEY_US: u64 = 500_000;

/// Ticks of a second of the video: the sidecar's microseconds.
const TIMESCALE: NonZeroU32 = NonZeroU32::new(1_000_000).expect("a million is not zero");

/// The smallest picture that the encoder takes.
const SIDE_PX_MIN: usize = 16;

/// Width of a thumbnail, and of one picture of the sheet.
const THUMBNAIL_PX: usize = 320;
const TILE_PX: usize = 160;

/// Pictures of the sheet, and how many stand side by side.
const TILES_MAX: usize = 48;
const TILE_COLUMNS: usize = 8;

/// Quality of small pictures.
const QUALITY: u8 = 80;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Pictures of the video.
    pub frame_count: u64,
    /// From the first picture's time to the end of the last.
    pub duration_us: u64,
    /// Pixels of the video.
    pub width: usize,
    /// Pixels of the video.
    pub height: usize,
    /// Pictures of the sheet.
    pub tile_count: usize,
    /// Pixels of one of them.
    pub tile_width: usize,
    /// Pixels of one of them.
    pub tile_height: usize,
}

impl Made {
    /// Pictures side by side on the sheet.
    pub const TILE_COLUMNS: usize = TILE_COLUMNS;
}

/// Why a clip cannot be played, for good. Each has a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlayFlaw {
    /// No picture of it can be decoded.
    #[error("no picture can be decoded")]
    Undecodable,
    /// Its pictures are of different sizes.
    #[error("the pictures' size changes")]
    SizeChanges,
    /// Its pictures are smaller or larger than the encoder takes.
    #[error("the pictures are too small or too large")]
    Size,
}

impl PlayFlaw {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            PlayFlaw::Undecodable => "play_undecodable",
            PlayFlaw::SizeChanges => "play_size_changes",
            PlayFlaw::Size => "play_size",
        }
    }
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The clip says so, for good.
    #[error("the clip cannot be played")]
    Flaw(#[from] PlayFlaw),
    /// The clip is no AVI that can be read.
    #[error("the clip cannot be read")]
    Clip(#[from] AviError),
    /// The disk says so: worth another try.
    #[error("the disk failed")]
    Io(#[from] io::Error),
    /// The encoder or the container refused: worth another try.
    #[error("{0}")]
    Codec(String),
}

fn codec(error: impl std::fmt::Display) -> PlayError {
    PlayError::Codec(error.to_string())
}

/// Makes everything from the clip at `clip` into `folder`. `times_us` are the sidecar's capture
/// times, one for each frame of the clip, dropped ones too; without them the clip's own pace counts.
/// `best` is the frame that shows the hornet best. `tell` is told how many pictures of all are done.
///
/// Blocks for as long as it takes to decode and encode every picture.
///
/// Errors: see [`PlayError`].
pub fn transcode(
    clip: &Path,
    times_us: Option<&[u64]>,
    best: Option<usize>,
    folder: &Path,
    tell: &dyn Fn(usize, usize),
) -> Result<Made, PlayError> {
    let mut clip = BufReader::new(File::open(clip)?);
    let (frame_us, places) = avi::pictures(&mut clip)?;
    let times_us = times(&places, frame_us, times_us);
    let best = best.unwrap_or_else(|| places.get(places.len() / 2).map_or(0, |place| place.frame));
    durable::make_folder(folder)?;

    let mut sheet = Sheet::new(places.len());
    let mut shown: Vec<(usize, u64)> = Vec::with_capacity(places.len());
    let mut video: Option<Video> = None;
    let mut poster: Option<(usize, Vec<u8>)> = None;
    for (number, (place, &at_us)) in places.iter().zip(&times_us).enumerate() {
        tell(number, places.len());
        let jpeg = read(&mut clip, place)?;
        let picture = match Picture::decode(&jpeg) {
            Ok(picture) => picture,
            // One that was broken on the unit is left out, as one that the unit dropped.
            Err(NoPicture::Broken) => continue,
            Err(NoPicture::TooLarge) => return Err(PlayFlaw::Size.into()),
        };
        let video = match &mut video {
            Some(video) => video,
            None => video.insert(Video::begin(&folder.join(VIDEO), &picture, places.len())?),
        };
        video.add(&picture, at_us)?;
        shown.push((place.frame, at_us));
        sheet.add(&picture);
        if poster
            .as_ref()
            .is_none_or(|(frame, _)| place.frame.abs_diff(best) < frame.abs_diff(best))
        {
            poster = Some((place.frame, jpeg));
        }
    }
    let (Some(video), Some((_, poster))) = (video, poster) else {
        return Err(PlayFlaw::Undecodable.into());
    };
    let (width, height) = (video.width, video.height);
    let (frame_count, duration_us) = video.finish(u64::from(frame_us))?;
    let thumbnail =
        Picture::decode(&poster).map_err(|_| PlayFlaw::Undecodable)?.shrunk(THUMBNAIL_PX);
    let encode = |picture: &Picture| picture.encode(QUALITY).ok_or(PlayFlaw::Size);
    durable::write_file(&folder.join(POSTER), &poster)?;
    durable::write_file(&folder.join(THUMBNAIL), &encode(&thumbnail)?)?;
    durable::write_file(&folder.join(SPRITE), &encode(&sheet.sheet)?)?;
    durable::write_file(&folder.join(FRAMES), &frames(&shown))?;
    let (tile_count, tile_width, tile_height) = (sheet.laid, sheet.tile.0, sheet.tile.1);
    Ok(Made { frame_count, duration_us, width, height, tile_count, tile_width, tile_height })
}

/// The pictures of the video as JSON: of each the clip's frame that it was, and microseconds from
/// the video's beginning. Frames that the unit dropped, or that were broken, are none of them.
fn frames(shown: &[(usize, u64)]) -> Vec<u8> {
    let first_us = shown.first().map_or(0, |&(_, at_us)| at_us);
    let pairs: Vec<[u64; 2]> =
        shown.iter().map(|&(frame, at_us)| [frame as u64, at_us - first_us]).collect();
    serde_json::json!({ "frames": pairs }).to_string().into_bytes()
}

/// When each picture was taken, ascending.
fn times(places: &[Place], frame_us: u32, told_us: Option<&[u64]>) -> Vec<u64> {
    let mut last = None;
    let time = |place: &Place| {
        let told = told_us.and_then(|told| told.get(place.frame).copied());
        let at = told.unwrap_or(place.frame as u64 * u64::from(frame_us));
        // Two pictures at one time could not both be shown.
        let at = last.map_or(at, |last: u64| at.max(last + 1_000));
        last = Some(at);
        at
    };
    places.iter().map(time).collect()
}

fn read(clip: &mut BufReader<File>, place: &Place) -> io::Result<Vec<u8>> {
    let mut jpeg = vec![0; place.bytes as usize];
    clip.seek(SeekFrom::Start(place.start))?;
    clip.read_exact(&mut jpeg)?;
    Ok(jpeg)
}

/// The video while it is written.
struct Video {
    path: std::path::PathBuf,
    file: BufWriter<File>,
    at: u64,
    encoder: Encoder,
    muxer: Mp4FileMuxer,
    width: usize,
    height: usize,
    first_us: Option<u64>,
    key_us: Option<u64>,
    /// The picture whose end is not known yet.
    pending: Option<Pending>,
    frame_count: u64,
    last_us: u64,
}

struct Pending {
    at_us: u64,
    sample: Sample,
}

impl Video {
    fn begin(path: &Path, first: &Picture, count: usize) -> Result<Video, PlayError> {
        let (width, height) = (first.width & !1, first.height & !1);
        if width.min(height) < SIDE_PX_MIN {
            return Err(PlayFlaw::Size.into());
        }
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .rate_control_mode(RateControlMode::Off)
            .qp(QpRange::new(26, 26))
            .max_frame_rate(FrameRate::from_hz(30.0))
            .skip_frames(false)
            .scene_change_detect(false)
            .num_threads(1)
            .vui(VuiConfig::bt601().full_range(true));
        let encoder =
            Encoder::with_api_config(OpenH264API::from_source(), config).map_err(codec)?;
        let options = Mp4FileMuxerOptions {
            // The index lies before the pictures: a page begins to play before all is there.
            reserved_moov_box_size: estimate_maximum_moov_box_size(&[count]),
            ..Mp4FileMuxerOptions::default()
        };
        let muxer = Mp4FileMuxer::with_options(options).map_err(codec)?;
        let path = path.with_extension("new");
        let mut file = BufWriter::new(File::create(&path)?);
        file.write_all(muxer.initial_boxes_bytes())?;
        let at = muxer.initial_boxes_bytes().len() as u64;
        Ok(Video {
            path,
            file,
            at,
            encoder,
            muxer,
            width,
            height,
            first_us: None,
            key_us: None,
            pending: None,
            frame_count: 0,
            last_us: 0,
        })
    }

    fn add(&mut self, picture: &Picture, at_us: u64) -> Result<(), PlayError> {
        let planes = picture.planes();
        if (planes.width, planes.height) != (self.width, self.height) {
            return Err(PlayFlaw::SizeChanges.into());
        }
        let first_us = *self.first_us.get_or_insert(at_us);
        if self.key_us.is_none_or(|key_us| key_us + KEY_US <= at_us) {
            self.encoder.force_intra_frame();
        }
        let yuv = YUVSlices::new(
            (&planes.y, &planes.cb, &planes.cr),
            (planes.width, planes.height),
            (planes.width, planes.width / 2, planes.width / 2),
        );
        let timestamp = Timestamp::from_millis((at_us - first_us) / 1_000);
        let encoded = self.encoder.encode_at(&yuv, timestamp).map_err(codec)?;
        let is_key = matches!(encoded.frame_type(), FrameType::IDR);
        let stream = encoded.to_vec();
        if is_key {
            self.key_us = Some(at_us);
        }
        self.close_pending(at_us)?;

        let config = H264SampleEntryConfig { length_size: LengthSize::FourBytes };
        let sample_entry = match self.frame_count {
            0 => Some(SampleEntry::Avc1(
                build_avc1_box_from_annexb(&stream, &config).map_err(codec)?,
            )),
            _ => None,
        };
        let data_offset = self.at;
        for unit in parse_annexb_nal_units(&stream).map_err(codec)? {
            // What the decoder must know first stands in the index.
            if matches!(unit.nal_unit_type, H264NalUnitType::Sps | H264NalUnitType::Pps) {
                continue;
            }
            let length = u32::try_from(unit.data.len()).map_err(codec)?;
            self.file.write_all(&length.to_be_bytes())?;
            self.file.write_all(unit.data)?;
            self.at += 4 + u64::from(length);
        }
        let data_size = usize::try_from(self.at - data_offset).map_err(codec)?;
        if data_size == 0 {
            return Err(codec("the encoder left a picture out"));
        }
        let sample = Sample {
            track_kind: TrackKind::Video,
            sample_entry,
            keyframe: is_key,
            timescale: TIMESCALE,
            duration: 0,
            composition_time_offset: None,
            data_offset,
            data_size,
        };
        self.pending = Some(Pending { at_us, sample });
        self.frame_count += 1;
        Ok(())
    }

    /// The picture before lasts until this time.
    fn close_pending(&mut self, until_us: u64) -> Result<(), PlayError> {
        let Some(Pending { at_us, mut sample }) = self.pending.take() else { return Ok(()) };
        sample.duration = u32::try_from(until_us - at_us).map_err(codec)?;
        self.last_us = until_us;
        self.muxer.append_sample(&sample).map_err(codec)
    }

    /// Writes the index; gives the pictures and how long they last.
    fn finish(mut self, frame_us: u64) -> Result<(u64, u64), PlayError> {
        let end_us = self.pending.as_ref().map_or(0, |pending| pending.at_us) + frame_us.max(1_000);
        self.close_pending(end_us)?;
        let boxes = self.muxer.finalize().map_err(codec)?;
        if !boxes.is_faststart_enabled() {
            return Err(codec("the index does not fit before the pictures"));
        }
        for (offset, bytes) in boxes.offset_and_bytes_pairs() {
            self.file.seek(SeekFrom::Start(offset))?;
            self.file.write_all(bytes)?;
        }
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        durable::sync_file(&file)?;
        std::fs::rename(&self.path, self.path.with_extension("mp4"))?;
        Ok((self.frame_count, self.last_us - self.first_us.unwrap_or(0)))
    }
}

/// The sheet of small pictures.
struct Sheet {
    sheet: Picture,
    tile: (usize, usize),
    count: usize,
    seen: usize,
    laid: usize,
    expected: usize,
}

impl Sheet {
    /// For a clip of so many pictures.
    fn new(expected: usize) -> Sheet {
        let count = expected.clamp(1, TILES_MAX);
        Sheet { sheet: Picture::black(1, 1), tile: (0, 0), count, seen: 0, laid: 0, expected }
    }

    /// Lays a picture on the sheet if it is one of those evenly spread.
    fn add(&mut self, picture: &Picture) {
        let is_due = self.laid * self.expected <= self.seen * self.count && self.laid < self.count;
        self.seen += 1;
        if !is_due {
            return;
        }
        let tile = picture.shrunk(TILE_PX);
        if self.laid == 0 {
            self.tile = (tile.width, tile.height);
            let rows = self.count.div_ceil(TILE_COLUMNS);
            let columns = self.count.min(TILE_COLUMNS);
            self.sheet = Picture::black(columns * tile.width, rows * tile.height);
        }
        let (column, row) = (self.laid % TILE_COLUMNS, self.laid / TILE_COLUMNS);
        self.sheet.lay(&tile, (column * self.tile.0, row * self.tile.1));
        self.laid += 1;
    }
}

#[cfg(test)]
mod tests;
