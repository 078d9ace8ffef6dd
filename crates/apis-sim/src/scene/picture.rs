//! One planar I420 picture: luma at full size, both chromas at half.

/// A picture of `width × height`, both even.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    planes: Vec<u8>,
}

impl Picture {
    /// A black picture.
    pub fn new(size: PictureSize) -> Picture {
        let (width, height) = (size.width, size.height);
        let mut planes = vec![0; width * height * 3 / 2];
        planes[width * height..].fill(128);
        Picture { width, height, planes }
    }

    /// Columns of luma.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of luma.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Luma, row-major, `width × height` bytes.
    pub fn luma(&self) -> &[u8] {
        &self.planes[..self.width * self.height]
    }

    /// The bytes as they go on the pipe: Y, then U, then V.
    pub fn bytes(&self) -> &[u8] {
        &self.planes
    }

    /// Luma as it comes out of a JPEG of `quality`; chroma stays.
    ///
    /// # Panics
    /// When the encoder's JPEG cannot be decoded, which would be its defect.
    pub fn compress(&mut self, quality: u8) {
        let side = |pixels: usize| u16::try_from(pixels).expect("a picture is at most 1,920 wide");
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, quality)
            .encode(self.luma(), side(self.width), side(self.height), jpeg_encoder::ColorType::Luma)
            .expect("memory takes any bytes");
        let options = zune_jpeg::zune_core::options::DecoderOptions::default()
            .jpeg_set_out_colorspace(zune_jpeg::zune_core::colorspace::ColorSpace::Luma);
        let source = zune_jpeg::zune_core::bytestream::ZCursor::new(&jpeg);
        let luma = zune_jpeg::JpegDecoder::new_with_options(source, options)
            .decode()
            .expect("what was encoded can be decoded");
        let count = self.width * self.height;
        self.planes[..count].copy_from_slice(&luma[..count]);
    }

    /// All three planes for writing; chroma planes are `width / 2 × height / 2`.
    pub fn planes_mut(&mut self) -> (&mut [u8], &mut [u8], &mut [u8]) {
        let luma = self.width * self.height;
        let (y, chroma) = self.planes.split_at_mut(luma);
        let (u, v) = chroma.split_at_mut(luma / 4);
        (y, u, v)
    }
}

/// The size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureSize {
    /// Columns: even, 64 to 1,920.
    pub width: usize,
    /// Rows: even, 48 to 1,440.
    pub height: usize,
}

impl std::str::FromStr for PictureSize {
    type Err = String;

    /// Reads `640x480`.
    fn from_str(text: &str) -> Result<PictureSize, String> {
        let (width, height) = text.split_once('x').ok_or("a size is written 640x480")?;
        let number =
            |part: &str| part.parse::<usize>().map_err(|_| format!("not a number: {part}"));
        let size = PictureSize { width: number(width)?, height: number(height)? };
        let even = size.width.is_multiple_of(2) && size.height.is_multiple_of(2);
        if !even || !(64..=1_920).contains(&size.width) || !(48..=1_440).contains(&size.height) {
            return Err("a size is even, from 64x48 to 1920x1440".into());
        }
        Ok(size)
    }
}
