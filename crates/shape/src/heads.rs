//! Attention heads: an embedding cut into equal parts, and put together again.

use crate::arithmetic::{DimMul, DimProduct, DivExact, ExactQuotient};
use crate::dim::Dim;
use crate::same::Decoy;
use crate::same_axis::same_axis;
use crate::shape::Shape;

/// (B, T, E) → (B, H, T, E / H).
#[diagnostic::on_unimplemented(
    message = "shape `{Self}` cannot be split into {H} heads",
    label = "expected (batch, time, embedding)"
)]
pub trait SplitHeads<H: Dim>: Shape {
    /// The shape before heads and time are swapped: (B, T, H, E / H).
    type Parted: Shape;

    /// The shape that results.
    type Output: Shape;

    /// The shape before heads and time are swapped.
    fn parted(&self, heads: H) -> Self::Parted;

    /// The shape that results.
    ///
    /// # Panics
    /// If sizes known only at run time do not divide.
    fn split_heads(&self, heads: H) -> Self::Output;
}

impl<B: Dim, T: Dim, E: DivExact<H>, H: Dim> SplitHeads<H> for (B, T, E) {
    type Parted = (B, T, H, ExactQuotient<E, H>);
    type Output = (B, H, T, ExactQuotient<E, H>);

    #[inline]
    fn parted(&self, heads: H) -> Self::Parted {
        (self.0, self.1, heads, self.2.div_exact(heads))
    }

    #[inline]
    fn split_heads(&self, heads: H) -> Self::Output {
        (self.0, heads, self.1, self.2.div_exact(heads))
    }
}

/// (B, H, T, D) → (B, T, H · D).
#[diagnostic::on_unimplemented(
    message = "the heads of shape `{Self}` cannot be merged",
    label = "expected (batch, heads, time, head size)"
)]
pub trait MergeHeads: Shape {
    /// The shape that results.
    type Output: Shape;

    /// The shape that results.
    fn merge_heads(&self) -> Self::Output;
}

impl<B: Dim, H: DimMul<D>, T: Dim, D: Dim> MergeHeads for (B, H, T, D) {
    type Output = (B, T, DimProduct<H, D>);

    #[inline]
    fn merge_heads(&self) -> Self::Output {
        (self.0, self.2, self.1.dim_mul(self.3))
    }
}

same_axis! {
    /// Queries and keys are of the same examples.
    SameExamples::check_examples, "attention: examples (axis 0)", same_examples:
    message = "attention: the queries are of {L} examples, the keys of {R}",
    label = "the numbers of examples differ"
}

same_axis! {
    /// A query can be multiplied with a key.
    HeadSize::check_head_size, "attention: head size (last axis)", head_size:
    message = "attention: the queries have heads of size {L}, the keys of size {R}",
    label = "the sizes of the heads differ"
}

same_axis! {
    /// There is a head of keys for each head of queries.
    SameHeads::check_heads, "attention: heads (axis 1)", same_heads:
    message = "attention: there are {L} heads of queries, but {R} of keys",
    label = "the numbers of heads differ",
    note = "heads of queries that share keys are `grouped_attention`"
}

macro_rules! attend {
    (
        $(#[$meta:meta])*
        $Trait:ident: ($N2:ident $($rest2:ident)+) for ($N:ident $($rest:ident)+)
        where [$($bound:tt)*] |$queries:ident, $keys:ident| $check:block
    ) => {
        $(#[$meta])*
        pub trait $Trait<K>: Shape {
            /// Compares sizes known only at run time.
            ///
            /// # Panics
            /// If they do not fit; the message holds both.
            fn check_attend(&self, keys: &K);
        }

        impl<$N: SameExamples<$N2>, $N2: Dim, $($bound)*> $Trait<($N2, $($rest2),+)> for ($N, $($rest),+) {
            #[inline]
            fn check_attend(&self, keys: &($N2, $($rest2),+)) {
                let ($queries, $keys) = (self, keys);
                $queries.0.check_examples($keys.0);
                $check
            }
        }

        impl<S: Shape> $Trait<Decoy> for S {
            fn check_attend(&self, keys: &Decoy) {
                match *keys {}
            }
        }
    };
}

attend! {
    /// Queries `(N, H, T, D)` that can look at keys of shape `K`: `(N, H, S, D)`.
    #[diagnostic::on_unimplemented(
        message = "queries of shape `{Self}` cannot attend to keys of shape `{K}`",
        label = "expected (examples, heads, time, head size) twice"
    )]
    Attend: (N2 H2 S D2) for (N H T D)
    where [H: SameHeads<H2>, H2: Dim, T: Dim, S: Dim, D: HeadSize<D2>, D2: Dim] |queries, keys| {
        queries.1.check_heads(keys.1);
        queries.3.check_head_size(keys.3);
    }
}

attend! {
    /// Queries `(N, H, T, D)` that can look at keys of shape `K`: `(N, G, S, D)`, where G divides H.
    #[diagnostic::on_unimplemented(
        message = "queries of shape `{Self}` cannot attend to keys of shape `{K}`",
        label = "expected (examples, heads, time, head size) twice"
    )]
    AttendGrouped: (N2 G S D2) for (N H T D)
    where [H: DivExact<G>, G: Dim, T: Dim, S: Dim, D: HeadSize<D2>, D2: Dim] |queries, keys| {
        queries.1.div_exact(keys.1);
        queries.3.check_head_size(keys.3);
    }
}

attend! {
    /// Queries `(N, T, E)` that can look in heads at keys of shape `K`: `(N, S, E)`.
    #[diagnostic::on_unimplemented(
        message = "queries of shape `{Self}` cannot attend to keys of shape `{K}`",
        label = "expected (examples, time, embedding) twice"
    )]
    AttendInHeads: (N2 S E2) for (N T E)
    where [T: Dim, S: Dim, E: HeadSize<E2>, E2: Dim] |queries, keys| {
        queries.2.check_head_size(keys.2);
    }
}
