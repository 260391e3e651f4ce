//! Comparisons of elements.

use tenon_shape::{SameShape, Shape};

use crate::{Array, Backend, Element, Mask, Query, Tensor};

macro_rules! comparison {
    ($($(#[$doc:meta])* $method:ident $Comparison:ident $sign:tt),*) => {
        /// Comparisons have no derivative: their results are not tracked. A NaN compares as false,
        /// but for `ne`.
        impl<S: Shape, B: Backend> Tensor<S, B> {$(
            $(#[$doc])*
            pub fn $method<R: Shape>(&self, other: &Tensor<R, B>) -> Mask<S>
            where
                S: SameShape<R>,
            {
                self.shape.check_same(&other.shape, stringify!($method));
                Mask::from_vec(self.shape, Comparison::$Comparison.on([&self.value, &other.value]))
            }
        )*}

        /// The queries of the comparison methods.
        #[derive(Clone, Copy, Debug)]
        pub enum Comparison {
            $(#[doc = concat!("`x ", stringify!($sign), " y`")] $Comparison),*
        }

        impl Query<2> for Comparison {
            const NAME: &'static str = "compare";
            type Output<E: Element> = Vec<bool>;

            fn forward<E: Element>(&self, [x, y]: [Array<E>; 2]) -> Vec<bool> {
                let mut flags = vec![false; x.numel()];
                match self {
                    $(Comparison::$Comparison => {
                        tenon_kernels::elementwise::zip(x.view(), y.view(), &mut flags, |x, y| x $sign y);
                    })*
                }
                flags
            }
        }
    };
}

comparison! {
    /// Where `x > y`.
    ///
    /// # Shapes
    /// `x: S, y: S → mask of S`
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2,)> = Tensor::from([1.0, 3.0]);
    /// let y: Tensor<(U2,)> = Tensor::from([2.0, 2.0]);
    /// assert_eq!(x.gt(&y).as_slice(), [false, true]);
    /// ```
    gt Greater >,
    /// Where `x ≥ y`.
    ge GreaterOrEqual >=,
    /// Where `x < y`.
    lt Less <,
    /// Where `x ≤ y`.
    le LessOrEqual <=,
    /// Where `x = y`.
    eq Equal ==,
    /// Where `x ≠ y`.
    ne NotEqual !=
}

pub(super) fn proofs(_: &mut impl crate::proof::ProofVisitor) {
    // A query has no derivative to prove.
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_nan_is_unequal_to_everything() {
        let x: Tensor<(U3,)> = Tensor::from([f32::NAN, 1.0, 2.0]);
        let y: Tensor<(U3,)> = Tensor::from([f32::NAN, 1.0, 1.0]);
        assert_eq!(x.eq(&y).as_slice(), [false, true, false]);
        assert_eq!(x.ne(&y).as_slice(), [true, false, true]);
        assert_eq!(x.ge(&y).as_slice(), [false, true, true]);
        assert_eq!(x.lt(&y).as_slice(), [false, false, false]);
    }
}
