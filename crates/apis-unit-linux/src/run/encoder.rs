//! The encoder's thread: pictures to JPEG for the keeper, so that neither the eyes nor the disk
//! wait for the encoder, and a disk that syncs for a second costs no frame.

use std::time::Duration;

use apis_unit::keeper::{JpegFrame, KeeperInput};

use super::shared::Shared;

/// Longest wait for a picture before the thread looks whether it is to end.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// Encodes until the program ends.
pub fn run(shared: &Shared, quality: u8) {
    while !shared.stop.is_set() {
        let Some(picture) = shared.to_encode.wait(WAIT_MAX) else { continue };
        let Ok(bytes) = picture.to_jpeg(quality) else {
            shared.report.count_error("jpeg_failed");
            continue;
        };
        let frame = JpegFrame {
            captured_at: picture.captured,
            width: picture.size.width,
            height: picture.size.height,
            bytes,
        };
        shared.keep_perishable(KeeperInput::Frame(frame));
    }
}
