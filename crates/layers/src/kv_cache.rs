//! What attention remembers of the tokens before.

use tenon_tensor::ops::concat::Concat;
use tenon_tensor::shape::{Dim, Dyn, StaticDim};
use tenon_tensor::{Backend, Cpu, Op, Tensor, Value};

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
    seen: Option<[Tensor<(Dyn, Dyn, Width), B>; 2]>,
}

impl<Width: StaticDim, B: Backend> Default for KvCache<Width, B> {
    /// Nothing seen yet.
    fn default() -> Self {
        KvCache { seen: None }
    }
}

impl<Width: StaticDim, B: Backend> KvCache<Width, B> {
    /// How many tokens have been seen.
    pub fn len(&self) -> usize {
        self.seen.as_ref().map_or(0, |[keys, _]| keys.shape().1.0)
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
        let (n, width) = (keys.shape().0, Width::default());
        let new = [keys.value().clone(), values.value().clone()];
        let all = match self.seen.take() {
            None => new,
            Some(seen) => {
                let [keys, values] = seen.map(Tensor::into_value);
                assert_eq!(keys.dims()[0], n.size(), "the cache is of another number of texts");
                let [new_keys, new_values] = new;
                [[keys, new_keys], [values, new_values]].map(|pair| Concat { axis: 1 }.on(pair))
            }
        };
        let len = Dyn(all[0].dims()[1]);
        let typed = |value: &Value<B>| Tensor::from_value((n, len, width), value.clone());
        let (keys, values) = (typed(&all[0]), typed(&all[1]));
        self.seen = Some(all.map(|value| Tensor::from_value((Dyn(n.size()), len, width), value)));
        (keys, values)
    }
}
