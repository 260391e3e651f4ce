//! The IDX format: arrays of numbers of any rank, as MNIST and its relatives are published.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;
use thiserror::Error;

/// The first two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// No deflate stream expands by more than this factor: a match of 258 bytes takes at least two
/// bits.
const DEFLATE_MAX_RATIO: usize = 1032;

/// The bytes before the dims: two zeros, the element type, the rank.
const MAGIC_LEN: usize = 4;

/// The bytes of one dim.
const DIM_LEN: usize = 4;

/// The type of the numbers in an IDX file, by its code in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ElementType {
    /// Unsigned byte.
    U8 = 0x08,
    /// Signed byte.
    I8 = 0x09,
    /// Signed 16-bit integer.
    I16 = 0x0b,
    /// Signed 32-bit integer.
    I32 = 0x0c,
    /// IEEE 754 single precision.
    F32 = 0x0d,
    /// IEEE 754 double precision.
    F64 = 0x0e,
}

impl ElementType {
    /// The number of bytes of one number.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0x08 => Self::U8,
            0x09 => Self::I8,
            0x0b => Self::I16,
            0x0c => Self::I32,
            0x0d => Self::F32,
            0x0e => Self::F64,
            _ => return None,
        })
    }
}

/// Why bytes are not an IDX file.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The file ends inside the header.
    #[error("header: expected {expected} bytes, found {found}")]
    Header {
        /// Bytes needed.
        expected: usize,
        /// Bytes in the file.
        found: usize,
    },
    /// The first two bytes are not zero.
    #[error("magic number: expected [0, 0], found {found:?}")]
    Magic {
        /// The first two bytes.
        found: [u8; 2],
    },
    /// The third byte is not the code of a number type.
    #[error("element type: expected one of 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, found {found:#04x}")]
    ElementType {
        /// The third byte.
        found: u8,
    },
    /// The header claims more bytes than can be addressed.
    #[error("dims: expected a size that fits in memory, found {found:?}")]
    Dims {
        /// The dims in the header.
        found: Vec<u32>,
    },
    /// The file ends before the data that its header claims.
    #[error("data: expected {expected} bytes, found {found}")]
    Truncated {
        /// Bytes claimed by the header.
        expected: usize,
        /// Bytes after the header.
        found: usize,
    },
    /// The file goes on after the data that its header claims.
    #[error("data: expected {expected} bytes, found more")]
    Oversized {
        /// Bytes claimed by the header.
        expected: usize,
    },
    /// The compressed stream is damaged or ends early.
    #[error("gzip: expected an intact stream, found: {cause}")]
    Gzip {
        /// What the decompressor says.
        cause: io::Error,
    },
    /// The file goes on after the compressed stream.
    #[error("gzip: expected the end of the file after the stream, found {found} more bytes")]
    AfterGzip {
        /// Bytes after the stream.
        found: usize,
    },
}

/// An array of numbers as stored: row-major, each number big-endian.
///
/// # Format
/// | bytes | content |
/// | --- | --- |
/// | 0, 1 | zero |
/// | 2 | code of the [`ElementType`] |
/// | 3 | rank |
/// | 4 per axis | size of the axis, big-endian, outermost first |
/// | the rest | the numbers, exactly as many as the product of the sizes |
///
/// # Source
/// LeCun, Cortes and Burges, *The MNIST database of handwritten digits*, "the IDX file format".
///
/// # Example
/// ```
/// use tenon_datasets::idx::{ElementType, Idx};
///
/// let idx = Idx::parse(&[0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9])?;
/// assert_eq!(idx.element_type(), ElementType::U8);
/// assert_eq!(idx.dims(), [3]);
/// assert_eq!(idx.data(), [7, 8, 9]);
/// # Ok::<_, tenon_datasets::idx::IdxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    element_type: ElementType,
    dims: Vec<u32>,
    data: Vec<u8>,
}

impl Idx {
    /// An array from its parts.
    ///
    /// # Errors
    /// [`IdxError::Dims`], [`IdxError::Truncated`] or [`IdxError::Oversized`] if the length of
    /// `data` is not that of the dims.
    ///
    /// # Panics
    /// If there are more than 255 dims, which the format cannot express.
    pub fn new(element_type: ElementType, dims: Vec<u32>, data: Vec<u8>) -> Result<Self, IdxError> {
        assert!(dims.len() <= usize::from(u8::MAX), "an IDX file has at most 255 dims");
        let expected = data_len(element_type, &dims)?;
        check_data_len(expected, data.len())?;
        Ok(Self { element_type, dims, data })
    }

    /// Reads an IDX file from its bytes, which may be compressed as one gzip stream.
    ///
    /// Never keeps more than the header claims, so a small file cannot decompress to a large one.
    ///
    /// # Errors
    /// Any [`IdxError`]; see its variants.
    pub fn parse(bytes: &[u8]) -> Result<Self, IdxError> {
        if !bytes.starts_with(&GZIP_MAGIC) {
            return Self::read(bytes, bytes.len());
        }
        let most = bytes.len().saturating_mul(DEFLATE_MAX_RATIO);
        let mut stream = GzDecoder::new(bytes);
        let idx = Self::read(&mut stream, most)?;
        match stream.into_inner().len() {
            0 => Ok(idx),
            found => Err(IdxError::AfterGzip { found }),
        }
    }

    /// Reads to the end of a source that can hold at most `most` bytes.
    fn read(mut source: impl Read, most: usize) -> Result<Self, IdxError> {
        let magic = read_up_to(&mut source, MAGIC_LEN, MAGIC_LEN)?;
        let &[zero_0, zero_1, code, rank] = magic.as_slice() else {
            return Err(IdxError::Header { expected: MAGIC_LEN, found: magic.len() });
        };
        if [zero_0, zero_1] != [0, 0] {
            return Err(IdxError::Magic { found: [zero_0, zero_1] });
        }
        let element_type = ElementType::from_code(code).ok_or(IdxError::ElementType { found: code })?;

        let dims_len = usize::from(rank) * DIM_LEN;
        let dims = read_up_to(&mut source, dims_len, dims_len)?;
        if dims.len() < dims_len {
            return Err(IdxError::Header { expected: MAGIC_LEN + dims_len, found: MAGIC_LEN + dims.len() });
        }
        let dims: Vec<u32> = dims.as_chunks().0.iter().map(|&dim| u32::from_be_bytes(dim)).collect();

        let expected = data_len(element_type, &dims)?;
        // One byte more than claimed, to see whether the file ends there; reaching the end is also
        // what makes the decompressor compare its checksum.
        let data = read_up_to(&mut source, expected.saturating_add(1), most)?;
        check_data_len(expected, data.len())?;
        Ok(Self { element_type, dims, data })
    }

    /// The file with these contents, uncompressed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0, self.element_type as u8, self.dims.len() as u8];
        bytes.extend(self.dims.iter().flat_map(|dim| dim.to_be_bytes()));
        bytes.extend(&self.data);
        bytes
    }

    /// The type of the numbers.
    pub fn element_type(&self) -> ElementType {
        self.element_type
    }

    /// The sizes of the axes, outermost first.
    pub fn dims(&self) -> &[u32] {
        &self.dims
    }

    /// The numbers, row-major, each big-endian.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The numbers, row-major, each big-endian, without a copy.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }
}

fn data_len(element_type: ElementType, dims: &[u32]) -> Result<usize, IdxError> {
    dims.iter()
        .try_fold(element_type.size(), |len, &dim| len.checked_mul(usize::try_from(dim).ok()?))
        .ok_or_else(|| IdxError::Dims { found: dims.to_vec() })
}

fn check_data_len(expected: usize, found: usize) -> Result<(), IdxError> {
    if found < expected {
        return Err(IdxError::Truncated { expected, found });
    }
    if found > expected {
        return Err(IdxError::Oversized { expected });
    }
    Ok(())
}

/// The next `len` bytes, or fewer if the source ends before. Reserves no more than `most`, whatever
/// `len` claims.
fn read_up_to(source: &mut impl Read, len: usize, most: usize) -> Result<Vec<u8>, IdxError> {
    let mut bytes = Vec::with_capacity(len.min(most));
    // Only a decompressor can fail: the uncompressed source is a slice in memory.
    source.take(len as u64).read_to_end(&mut bytes).map_err(|cause| IdxError::Gzip { cause })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
