//! What attention remembers of the tokens before.

use std::marker::PhantomData;

use tenon_tensor::ops::concat::Concat;
use tenon_tensor::ops::narrow::Narrow;
use tenon_tensor::ops::slice_scatter::SliceScatter;
use tenon_tensor::shape::{Dim, Dyn, StaticDim};
use tenon_tensor::{Array, Backend, Cpu, Float, Op, Tensor, Value};

/// The keys and values of the tokens that an attention has seen, so that a text is read token by
/// token without reading its beginning again.
///
/// It knows nothing of parameters: whoever computes keys and values of new tokens
/// [extends](KvCache::extend) it, and attends to what it returns.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let mut cache: KvCache<U4> = KvCache::default();
/// let new: Tensor<(U1, U3, U4)> = Tensor::ones();
/// cache.extend(&new, &new);
/// let (keys, _): (Tensor<(U1, Dyn, U4)>, _) = cache.extend(&new, &new);
/// assert_eq!((keys.dims(), cache.len()), ([1, 6, 4], 6));
/// ```
#[derive(Clone, Debug)]
pub struct KvCache<Width: StaticDim, B: Backend = Cpu> {
    /// Keys and values, `(N, at least len, Width)`: there is room for tokens to come, so that a token
    /// costs no copy of those before.
    seen: Option<[Value<B>; 2]>,
    len: usize,
    width: PhantomData<Width>,
}

impl<Width: StaticDim, B: Backend> Default for KvCache<Width, B> {
    /// Nothing seen yet.
    fn default() -> Self {
        KvCache { seen: None, len: 0, width: PhantomData }
    }
}

impl<Width: StaticDim, B: Backend> KvCache<Width, B> {
    /// How many tokens have been seen.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Remembers the keys and values of new tokens, and gives those of all tokens so far.
    ///
    /// # Shapes
    /// `keys: (N, T, E), values: (N, T, E) → (N, S, E)` twice, with the S tokens seen by then
    ///
    /// # Panics
    /// When the tokens before were of another number of texts.
    #[expect(clippy::type_complexity, reason = "a pair of tensors")]
    pub fn extend<N: Dim, T: Dim>(
        &mut self,
        keys: &Tensor<(N, T, Width), B>,
        values: &Tensor<(N, T, Width), B>,
    ) -> (Tensor<(N, Dyn, Width), B>, Tensor<(N, Dyn, Width), B>) {
        let (n, t, width) = (keys.shape().0, keys.shape().1.size(), Width::default());
        let [new_keys, new_values] = [keys, values].map(|new| new.value().clone());
        let start = self.len;
        self.len += t;
        let seen = match self.seen.take() {
            None => [new_keys, new_values],
            Some([keys, values]) => {
                assert_eq!(keys.dims()[0], n.size(), "the cache is of another number of texts");
                [(keys, new_keys), (values, new_values)].map(|(seen, new)| {
                    SliceScatter { axis: 1, start }.on([with_room(seen, start, self.len), new])
                })
            }
        };
        let first = Narrow { axis: 1, start: 0, len: self.len };
        let all = |seen: &Value<B>| Tensor::from_value((n, Dyn(self.len), width), first.on([seen.clone()]));
        let result = (all(&seen[0]), all(&seen[1]));
        self.seen = Some(seen);
        result
    }
}

/// The first `len` tokens of `seen` with room for `needed`: twice as many as last time where there
/// is too little, so that the copies of a long text are as much work as its tokens.
fn with_room<B: Backend>(seen: Value<B>, len: usize, needed: usize) -> Value<B> {
    let dims = seen.dims();
    if needed <= dims[1] {
        return seen;
    }
    let room = Array::full(dims.with(1, needed.max(2 * len) - len), B::Elem::ZERO);
    Concat { axis: 1 }.on([Narrow { axis: 1, start: 0, len }.on([seen]), Value::constant(room)])
}

#[cfg(test)]
mod tests {
    use tenon_tensor::prelude::{U2, U4};

    use super::*;

    #[test]
    fn tokens_follow_each_other_in_every_text_however_they_come() {
        let numbers = |from: usize, t: usize| (from..from + 2 * t * 4).map(|i| i as f32).collect();
        let mut cache: KvCache<U4> = KvCache::default();
        let mut all: Option<Tensor<(U2, Dyn, U4)>> = None;
        // The first fill what there is, the others outgrow it once and again.
        for (i, t) in [3, 1, 1, 1, 9, 1].into_iter().enumerate() {
            let shape = (U2::new(), Dyn(t), U4::new());
            let new: Tensor<(U2, Dyn, U4)> = Tensor::from_vec(shape, numbers(100 * i, t));
            let mut fork = cache.clone();
            let (keys, values) = cache.extend(&new, &new.clone().scale(2.0));
            let followed_by = |new: &Tensor<(U2, Dyn, U4)>| match &all {
                Some(all) => all.concat::<1, _>(new),
                None => new.clone(),
            };
            let expected = followed_by(&new);
            assert_eq!(cache.len(), keys.dims()[1]);
            assert_eq!(keys.to_vec(), expected.to_vec());
            assert_eq!(values.to_vec(), expected.clone().scale(2.0).to_vec());
            // A copy of the cache goes on by itself, from what it had seen.
            let zeros = Tensor::full(shape, 0.0);
            assert_eq!(fork.extend(&zeros, &zeros).0.to_vec(), followed_by(&zeros).to_vec());
            all = Some(expected);
        }
    }
}
