//! Scaled dot-product attention, a block of queries at a time.
//!
//! The scores of all queries with all keys are never there at once: a task has those of one block
//! of queries, softens them, and goes on. For the derivatives the scores are computed again, from
//! one number per query that the forward pass keeps, the logarithm of the sum of exponentials.
//!
//! Source: Vaswani et al. 2017, "Attention is all you need", equation 1; the recomputation is that
//! of Dao et al. 2022, "FlashAttention", section 3.1.

mod backward;
mod forward;
pub(crate) mod rows;

use crate::gemm::MatRef;
use crate::layout::View;
use crate::random::Stream;
use crate::{Float, random};
use rows::Visible;

pub use backward::{Point, backward};
pub use forward::forward;

/// How many queries are worked on at a time: their scores with some hundred keys stay in the
/// second-level cache.
const BLOCK: usize = 64;

/// Which keys a query may look at by their places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// All of them.
    #[default]
    Any,
    /// Those that are not behind it, where the last query stands at the last key.
    Causal,
}

/// Weights that are dropped at random.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// The probability of dropping.
    pub p: f64,
    /// Where the random numbers are from: that of query i and key j of head h of example n is at
    /// place `((n·H + h)·T + i)·S + j`.
    pub stream: Stream,
}

/// The sizes of an attention and what its queries may look at.
///
/// Queries are `(N, H, T, D)`, keys and values `(N, G, S, D)`: each of the G heads of keys serves
/// H / G heads of queries that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// N.
    pub batch: usize,
    /// H.
    pub heads: usize,
    /// G.
    pub groups: usize,
    /// T.
    pub queries: usize,
    /// S.
    pub keys: usize,
    /// D.
    pub size: usize,
    /// What the scores are multiplied by.
    pub scale: f64,
    /// Which keys a query may look at by their places.
    pub order: Order,
    /// Which keys are there at all, `(N, S)`; all of them if there is no such list.
    pub present: Option<&'a [bool]>,
    /// Which weights are dropped.
    pub dropout: Option<Dropout>,
}

impl Attention<'_> {
    fn check<E>(&self, q: View<'_, E>, k: View<'_, E>, v: View<'_, E>) {
        let Attention { batch, heads, groups, queries, keys, size, .. } = *self;
        assert!(groups > 0 && heads.is_multiple_of(groups), "{heads} heads of queries, {groups} of keys");
        assert_eq!(q.dims(), [batch, heads, queries, size], "dims of the queries");
        assert_eq!(k.dims(), [batch, groups, keys, size], "dims of the keys");
        assert_eq!(v.dims(), [batch, groups, keys, size], "dims of the values");
        assert!(self.present.is_none_or(|present| present.len() == batch * keys), "a flag for each key");
    }

    /// Which keys the queries from `first` on may look at: a number of first ones for each.
    fn visible_from(&self, first: usize) -> Visible {
        match self.order {
            Order::Any => Visible { first: self.keys as isize, step: 0 },
            Order::Causal => {
                Visible { first: (first + 1 + self.keys) as isize - self.queries as isize, step: 1 }
            }
        }
    }

    /// How many keys query `i`, and any before it, may look at.
    fn n_keys(&self, i: usize) -> usize {
        self.visible_from(i).of_row(0, self.keys)
    }

    /// The flags of the first `n_keys` keys of an example.
    fn present(&self, example: usize, n_keys: usize) -> Option<&[bool]> {
        self.present.map(|present| &present[example * self.keys..][..n_keys])
    }

    /// The factors of the weights of one block of queries, each 0 or 1/(1 − p).
    fn draw_kept<E: Float>(&self, dropout: Dropout, first_row: usize, n_keys: usize, kept: &mut [E]) {
        let factor = 1.0 / (1.0 - dropout.p);
        for (row, kept) in kept.chunks_exact_mut(n_keys).enumerate() {
            random::mask(dropout.stream, ((first_row + row) * self.keys) as u64, dropout.p, factor, kept);
        }
    }
}

/// The matrix of one head of one example, and of it the rows from `first` on.
fn head<E: Float>(x: View<'_, E>, example: usize, head: usize, first: usize, rows: usize) -> MatRef<'_, E> {
    let (data, offset) = x.parts();
    let s = x.strides();
    let start = offset as isize + example as isize * s[0] + head as isize * s[1] + first as isize * s[2];
    MatRef::new(data, start as usize, [rows, x.dims()[3]], [s[2], s[3]])
}
