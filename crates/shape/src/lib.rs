//! Tensor shapes as types.
//!
//! A shape is a plain tuple of dims, such as `(Dyn, U1, U28, U28)`. A [`Dim`] is a typenum number
//! (zero-sized), a [`Dyn`] size known only at run time, or a named axis declared by [`dim!`].
//! Everything that can be asked about shapes is a trait: which axes there are ([`Axis`], [`Last`]),
//! what arithmetic on sizes gives ([`DimAdd`], [`WindowOut`], …), and which shapes go together
//! ([`MatMul`], [`SameShape`], [`Broadcast`], …). A wrong combination does not compile, and the
//! compiler says why in words.
//!
//! ```
//! use tenon_shape::{Dim, Dyn, Flatten, MatMul, Shape, shape};
//!
//! type Images = shape![Dyn, 1, 28, 28];
//! let images = Images::from_dims(&[32, 1, 28, 28]).unwrap();
//! let rows: shape![Dyn, 784] = images.flatten();
//! let weight = <shape![784, 10]>::default();
//! let scores: shape![Dyn, 10] = rows.matmul_shape(&weight);
//! assert_eq!(scores.dims().as_ref(), [32, 10]);
//! ```
#![no_std]

#[cfg(test)]
extern crate std;

mod arithmetic;
mod axis;
mod broadcast;
mod concat;
// Not hidden from the compiler, which would then print these types with their whole paths.
#[cfg_attr(doc, doc(hidden))]
pub mod decimal;
mod differ;
mod dim;
mod elements;
mod every;
mod failure;
mod heads;
mod insert;
mod literal;
mod matmul;
mod narrow;
mod permute;
mod reshape;
mod same;
mod same_axis;
mod scores;
mod shape;
mod transposed;
mod window;

pub use arithmetic::{
    DimAdd, DimDifference, DimDiv, DimMul, DimProduct, DimQuotient, DimSub, DimSum, DivExact, ExactQuotient,
    SizeAdd, SizeDiv, SizeDivExact, SizeMul, SizeSub,
};
pub use axis::{Axis, Image, Last};
pub use broadcast::{Broadcast, BroadcastDim};
pub use concat::{Concat, OtherAxis};
pub use dim::{Dim, Dyn, Size, StaticDim};
pub use elements::Elements;
pub use every::{Every, SizeHalf};
pub use heads::{
    Attend, AttendGrouped, AttendInHeads, HeadSize, MergeHeads, SameExamples, SameHeads, SplitHeads,
};
pub use insert::{Append, Insert, SingletonAxis};
pub use matmul::{Contract, MatMul, SameBatch};
pub use narrow::{Narrow, SizeNarrow, narrow_at};
pub use permute::{Order2, Order3, Order4, Permute, Transpose};
pub use reshape::{Flatten, Numel, ReshapeTo};
pub use same::{Channels, Classes, Decoy, InFeatures, SameShape, Vocabulary};
pub use scores::{Labelled, Scores};
pub use shape::{Shape, StaticShape};
pub use transposed::{SizeTransposedOut, TransposedOut, TransposedSize};
pub use window::{SizeWindowOut, WindowOut, WindowSize};

pub use typenum;

#[doc(hidden)]
pub mod macro_support {
    //! What the macros of this crate expand to; not an interface.
    pub use crate::broadcast::Meet;
    pub use crate::decimal::Decimal;
    pub use tenon_derive::{number, tuple};
}
