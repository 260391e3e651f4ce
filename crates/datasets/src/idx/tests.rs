use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// Two rows of three bytes.
const SMALL: [u8; 18] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn assert_refused(bytes: &[u8], message: &str) {
    assert_eq!(Idx::parse(bytes).unwrap_err().to_string(), message);
    // The same bytes inside an intact stream are refused for the same reason.
    assert_eq!(Idx::parse(&gzip(bytes)).unwrap_err().to_string(), message);
}

#[test]
fn plain_and_compressed_are_the_same_array() {
    let idx = Idx::parse(&SMALL).unwrap();
    assert_eq!(idx.dims(), [2, 3]);
    assert_eq!(idx.data(), &SMALL[12..]);
    assert_eq!(Idx::parse(&gzip(&SMALL)).unwrap(), idx);
}

#[test]
fn every_shorter_file_is_refused() {
    for len in 0..SMALL.len() {
        let message = Idx::parse(&SMALL[..len]).unwrap_err().to_string();
        let expected = match len {
            0..4 => format!("header: expected 4 bytes, found {len}"),
            4..12 => format!("header: expected 12 bytes, found {len}"),
            _ => format!("data: expected 6 bytes, found {}", len - 12),
        };
        assert_eq!(message, expected);
    }
}

#[test]
fn longer_file_is_refused() {
    let mut bytes = SMALL.to_vec();
    bytes.push(70);
    assert_refused(&bytes, "data: expected 6 bytes, found more");
}

#[test]
fn wrong_magic_is_refused() {
    let mut bytes = SMALL;
    bytes[1] = 7;
    assert_refused(&bytes, "magic number: expected [0, 0], found [0, 7]");
}

#[test]
fn unknown_element_type_is_refused() {
    let mut bytes = SMALL;
    bytes[2] = 0x0a;
    assert_refused(&bytes, "element type: expected one of 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, found 0x0a");
}

#[test]
fn wider_elements_need_more_bytes() {
    for (code, size) in [(9, 1), (11, 2), (12, 4), (13, 4), (14, 8)] {
        let mut bytes = SMALL[..12].to_vec();
        bytes[2] = code;
        bytes.resize(12 + 6 * size, 1);
        assert_eq!(Idx::parse(&bytes).unwrap().element_type().size(), size);
        bytes.pop();
        assert_refused(&bytes, &format!("data: expected {} bytes, found {}", 6 * size, 6 * size - 1));
    }
}

#[test]
fn dims_that_overflow_are_refused() {
    let mut bytes = vec![0, 0, 8, 4];
    bytes.extend([0xff; 16]);
    assert_refused(
        &bytes,
        "dims: expected a size that fits in memory, found [4294967295, 4294967295, 4294967295, 4294967295]",
    );
}

#[test]
fn large_claim_of_a_small_file_reserves_little() {
    // Four gigabytes squared, claimed by twelve bytes.
    let bytes = [0, 0, 8, 2, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff];
    assert_refused(&bytes, "data: expected 4611686014132420609 bytes, found 0");
}

#[test]
fn no_axes_hold_one_number() {
    let idx = Idx::parse(&[0, 0, 8, 0, 5]).unwrap();
    assert_eq!((idx.dims(), idx.data()), (&[][..], &[5][..]));
}

#[test]
fn empty_axis_holds_nothing() {
    let idx = Idx::parse(&[0, 0, 8, 1, 0, 0, 0, 0]).unwrap();
    assert!(idx.data().is_empty());
}

#[test]
fn every_shorter_stream_is_refused() {
    let compressed = gzip(&SMALL);
    for len in 2..compressed.len() {
        let error = Idx::parse(&compressed[..len]).unwrap_err();
        assert!(matches!(error, IdxError::Gzip { .. }), "{len}: {error}");
    }
}

#[test]
fn wrong_checksum_is_refused() {
    let mut compressed = gzip(&SMALL);
    // The trailer is the checksum and the length, four bytes each.
    let crc = compressed.len() - 8;
    compressed[crc] ^= 1;
    let error = Idx::parse(&compressed).unwrap_err();
    assert!(matches!(error, IdxError::Gzip { .. }), "{error}");
}

#[test]
fn bytes_after_the_stream_are_refused() {
    let mut compressed = gzip(&SMALL);
    compressed.extend(b"more");
    assert_eq!(
        Idx::parse(&compressed).unwrap_err().to_string(),
        "gzip: expected the end of the file after the stream, found 4 more bytes"
    );
}

#[test]
fn stream_that_outgrows_its_header_is_refused() {
    let mut bytes = SMALL.to_vec();
    bytes.resize(1 << 24, 0);
    let bomb = gzip(&bytes);
    assert!(bomb.len() < 1 << 15);
    let error = Idx::parse(&bomb).unwrap_err();
    assert_eq!(error.to_string(), "data: expected 6 bytes, found more");
}

#[test]
fn parts_must_agree() {
    let error = Idx::new(ElementType::I16, vec![2, 2], vec![0; 7]).unwrap_err();
    assert_eq!(error.to_string(), "data: expected 8 bytes, found 7");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        code in prop::sample::select(vec![8, 9, 11, 12, 13, 14]),
        dims in prop::collection::vec(0_u32..5, 0..5),
        fill in any::<u8>(),
    ) {
        let element_type = ElementType::from_code(code).unwrap();
        let len = data_len(element_type, &dims).unwrap();
        let data = (0..len).map(|i| fill.wrapping_add(i as u8)).collect();
        let idx = Idx::new(element_type, dims, data).unwrap();
        prop_assert_eq!(&Idx::parse(&idx.to_bytes()).unwrap(), &idx);
        prop_assert_eq!(&Idx::parse(&gzip(&idx.to_bytes())).unwrap(), &idx);
    }

    #[test]
    fn any_damage_to_a_file_is_refused_or_harmless(
        at in 0..SMALL.len(), flip in 1_u8..=255, compressed in any::<bool>(),
    ) {
        let mut bytes = if compressed { gzip(&SMALL) } else { SMALL.to_vec() };
        bytes[at] ^= flip;
        crate::fuzz::check_idx(&bytes);
    }

    #[test]
    fn any_bytes_after_a_plausible_start_are_refused_or_read(
        start in prop::sample::select(vec![&[][..], &[0, 0, 8, 1, 0, 0, 0], &[0, 0, 11], &GZIP_MAGIC, &[0x1f, 0x8b, 8, 0]]),
        rest in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        crate::fuzz::check_idx(&[start, &rest].concat());
    }
}
