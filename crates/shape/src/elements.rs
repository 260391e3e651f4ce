//! The elements of a static shape as an array, so that tables and constants need no allocator and
//! no length check.

use generic_array::GenericArray;

use crate::reshape::Numel;

/// An array of exactly as many elements as the static shape `S` has.
///
/// ```
/// use generic_array::arr;
/// use tenon_shape::{Elements, shape};
///
/// // The weights of a 3 × 3 Laplacian; a tenth number would not compile.
/// let laplacian: Elements<shape![3, 3], f32> = arr![0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0];
/// assert_eq!(laplacian.iter().sum::<f32>(), 0.0);
/// ```
pub type Elements<S, T> = GenericArray<T, <S as Numel>::Numel>;
