//! Connected parts of a mask.

/// One connected part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blob {
    /// Its centre of gravity, pixels.
    pub px: (f32, f32),
    /// The longer side of its upright box, pixels.
    pub length_px: f32,
}

/// Fewest pixels of a blob.
const AREA_MIN: usize = 12;

/// Finds the parts of a mask that hang together by sides or corners.
#[derive(Debug, Default)]
pub struct BlobFinder {
    mask: Vec<bool>,
    stack: Vec<usize>,
}

impl BlobFinder {
    /// The blobs of the mask that `is_set` gives for each of `width × height` pixels.
    pub fn find(
        &mut self,
        (width, height): (usize, usize),
        is_set: impl Fn(usize) -> bool,
    ) -> Vec<Blob> {
        self.mask.clear();
        self.mask.extend((0..width * height).map(is_set));
        let mut blobs = Vec::new();
        for start in 0..self.mask.len() {
            if self.mask[start] {
                blobs.extend(self.take(start, (width, height)));
            }
        }
        blobs
    }

    /// Clears the part that holds `start`, and gives it when it is large enough.
    fn take(&mut self, start: usize, (width, height): (usize, usize)) -> Option<Blob> {
        self.mask[start] = false;
        self.stack.push(start);
        let (mut area, mut sum) = (0_usize, (0_usize, 0_usize));
        let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
        while let Some(at) = self.stack.pop() {
            let (x, y) = (at % width, at / width);
            area += 1;
            sum = (sum.0 + x, sum.1 + y);
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
            for row in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for column in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let near = row * width + column;
                    if std::mem::take(&mut self.mask[near]) {
                        self.stack.push(near);
                    }
                }
            }
        }
        let centre = |sum: usize| sum as f32 / area as f32 + 0.5;
        let length_px = (right - left).max(bottom - top) as f32 + 1.0;
        (area >= AREA_MIN).then(|| Blob { px: (centre(sum.0), centre(sum.1)), length_px })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_touch_by_a_corner_are_one() {
        let set: Vec<bool> = "........\
                              .###....\
                              .###....\
                              .###....\
                              ....###.\
                              ....###."
            .chars()
            .map(|c| c == '#')
            .collect();
        let blobs = BlobFinder::default().find((8, 6), |at| set[at]);
        assert_eq!(blobs, [Blob { px: (blobs[0].px.0, blobs[0].px.1), length_px: 6.0 }]);
    }
}
