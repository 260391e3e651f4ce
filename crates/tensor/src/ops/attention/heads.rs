//! Attention of typed tensors, whole or in heads.

use tenon_shape::{Attend, AttendGrouped, AttendInHeads, MergeHeads, Shape, SplitHeads, StaticDim};

use super::Attention;
use crate::{Backend, Dims, Fused, Tensor, Value};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// An embedding cut into `H` heads. A view: nothing is copied.
    ///
    /// # Shapes
    /// `x: (N, T, E) → (N, H, T, E / H)`, where H divides E
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U5, U12)> = Tensor::zeros();
    /// let heads: Tensor<(U2, U3, U5, U4)> = x.split_heads::<U3>();
    /// ```
    pub fn split_heads<H: StaticDim>(&self) -> Tensor<S::Output, B>
    where
        S: SplitHeads<H>,
    {
        let parted = Dims::new(self.shape.parted(H::default()).dims().as_ref());
        let value = self.value.clone().reshaped(parted).swapped(1, 2);
        Tensor { shape: self.shape.split_heads(H::default()), value }
    }

    /// The heads of each place side by side again: the inverse of
    /// [`split_heads`](Tensor::split_heads).
    ///
    /// # Shapes
    /// `x: (N, H, T, D) → (N, T, H · D)`
    pub fn merge_heads(&self) -> Tensor<S::Output, B>
    where
        S: MergeHeads,
    {
        let shape = self.shape.merge_heads();
        let value = self.value.clone().swapped(1, 2).reshaped(Dims::new(shape.dims().as_ref()));
        Tensor { shape, value }
    }

    /// Scaled dot-product attention, with these queries: `oᵢ = Σⱼ wᵢⱼ vⱼ`,
    /// `wᵢ = softmax(scale · qᵢ·kⱼ over the keys j that query i sees)`, for each head. A query that
    /// sees no key gives 0.
    ///
    /// What a query sees, the scale and dropout are attributes of [`Attention`]. The weights are
    /// never all in memory: a task has those of 64 queries, and one number per query is kept.
    ///
    /// # Shapes
    /// `q: (N, H, T, D), k: (N, H, S, D), v: (N, H, S, D) → (N, H, T, D)`
    ///
    /// # Gradient
    /// With `W` of one head: `dV = Wᵀ dO`, `dW = dO Vᵀ`, `dS = W ∘ (dW − rowsum(O ∘ dO))`,
    /// `dQ = scale · dS K`, `dK = scale · dSᵀ Q`. Keeps `q`, `k`, `v`, the result and one number
    /// per query.
    ///
    /// # Panics
    /// When run-time sizes that must agree do not.
    ///
    /// # Source
    /// Vaswani et al. 2017, "Attention is all you need", equation 1; PyTorch's
    /// `scaled_dot_product_attention`.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U1, U2, U1)> = Tensor::from_vec(Default::default(), vec![1.0, 1.0]);
    /// let v: Tensor<(U1, U1, U2, U1)> = Tensor::from_vec(Default::default(), vec![2.0, 4.0]);
    /// assert_eq!(x.attention(&x, &v, &Attention::default()).to_vec(), [3.0, 3.0]);
    /// assert_eq!(x.attention(&x, &v, &Attention::causal()).to_vec(), [2.0, 3.0]);
    /// ```
    pub fn attention<K: Shape>(
        &self,
        keys: &Tensor<K, B>,
        values: &Tensor<K, B>,
        attention: &Attention,
    ) -> Self
    where
        S: Attend<K>,
    {
        self.shape.check_attend(&keys.shape);
        let value = attend(attention, [&self.value, &keys.value, &values.value].map(Value::clone));
        Tensor { shape: self.shape, value }
    }

    /// [`attention`](Tensor::attention) in which each head of keys serves several heads of queries
    /// that follow each other.
    ///
    /// # Shapes
    /// `q: (N, H, T, D), k: (N, G, S, D), v: (N, G, S, D) → (N, H, T, D)`, where G divides H
    ///
    /// # Source
    /// Ainslie et al. 2023, "GQA: training generalized multi-query transformer models from
    /// multi-head checkpoints", section 2.2.
    pub fn grouped_attention<K: Shape>(
        &self,
        keys: &Tensor<K, B>,
        values: &Tensor<K, B>,
        attention: &Attention,
    ) -> Self
    where
        S: AttendGrouped<K>,
    {
        self.shape.check_attend(&keys.shape);
        let value = attend(attention, [&self.value, &keys.value, &values.value].map(Value::clone));
        Tensor { shape: self.shape, value }
    }

    /// [`attention`](Tensor::attention) of embeddings in `H` heads: each is cut into heads, the
    /// heads attend, and their results lie side by side again.
    ///
    /// # Shapes
    /// `q: (N, T, E), k: (N, S, E), v: (N, S, E) → (N, T, E)`, where H divides E
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U5, U12)> = Tensor::ones();
    /// let y: Tensor<(U2, U5, U12)> = x.attention_in_heads::<U3, _>(&x, &x, &Attention::causal());
    /// ```
    pub fn attention_in_heads<H: StaticDim, K: Shape>(
        &self,
        keys: &Tensor<K, B>,
        values: &Tensor<K, B>,
        attention: &Attention,
    ) -> Self
    where
        S: AttendInHeads<K> + SplitHeads<H>,
    {
        self.shape.check_attend(&keys.shape);
        let split = |value: &Value<B>| {
            let dims = value.dims();
            value.clone().reshaped(Dims::new(&[dims[0], dims[1], H::N, dims[2] / H::N])).swapped(1, 2)
        };
        let value = attend(attention, [&self.value, &keys.value, &values.value].map(split));
        let value = value.swapped(1, 2).reshaped(self.value.dims());
        Tensor { shape: self.shape, value }
    }
}

/// The attention of queries to keys and values that fit them.
fn attend<B: Backend>(attention: &Attention, args: [Value<B>; 3]) -> Value<B> {
    let [_, keys, values] = &args;
    assert_eq!(keys.dims(), values.dims(), "attention: every key needs one value");
    if let Some(present) = &attention.present {
        let [n, s] = [0, 2].map(|axis| keys.dims()[axis]);
        assert_eq!(present.len(), n * s, "attention: {n} × {s} keys need as many flags");
    }
    attention.clone().on(args)
}
