//! What must hold for any bytes: the bodies of the fuzz targets, and of the replay of their corpus.

use crate::idx::Idx;

/// Any bytes are refused or read, and what was read is written as the bytes it was read from.
///
/// # Panics
/// If that is not so.
pub fn check_idx(bytes: &[u8]) {
    let Ok(idx) = Idx::parse(bytes) else { return };
    let written = idx.to_bytes();
    // A compressed file is written uncompressed, and only an uncompressed one starts with zero.
    if bytes[0] == 0 {
        assert_eq!(written, bytes, "an array is written as it was read");
    }
    assert_eq!(Idx::parse(&written).ok().as_ref(), Some(&idx));
}
