//! Slices of an axis chosen by ids, and the transpose.

use tenon_kernels::index;
use tenon_shape::{Axis, Dim, SameShape, Shape, Vocabulary};

use crate::proof::{Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Dims, Element, Ids, Indices, Op, Reads, Tensor, Value, Vjp};

use super::gather::{Gather, ScatterAdd, in_planes};

impl<S: Shape, B: Backend> Tensor<S, B> {
    /// The slices of axis `I` that the ids name, in their order: `y[…, j, …] = x[…, ids[j], …]`.
    ///
    /// # Shapes
    /// `x: S, ids: (N,) of the vocabulary that axis I is → S with axis I of size N`
    ///
    /// # Gradient
    /// `dx[…, i, …] = Σ dy[…, j, …] over ids[j] = i`. Keeps the ids.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let ids: Ids<(U2,), U3> = Ids::try_from_vec(Default::default(), vec![2, 0])?;
    /// let y: Tensor<(U2, U2)> = x.index_select::<1, _, _>(&ids);
    /// assert_eq!(y.to_vec(), [3.0, 1.0, 6.0, 4.0]);
    /// # Ok::<(), tenon_tensor::IdsError>(())
    /// ```
    pub fn index_select<const I: usize, N: Dim, V: Dim>(&self, ids: &Ids<(N,), V>) -> Tensor<S::Replace<N>, B>
    where
        S: Axis<I>,
        S::Dim: Vocabulary<V>,
    {
        check_vocabulary("index_select", self.shape.dim().size(), ids.vocabulary().size());
        let value = IndexSelect { axis: I, ids: ids.shared() }.on([self.value.clone()]);
        Tensor { shape: self.shape.replace(ids.shape().0), value }
    }

    /// The element of axis `I` that each id names: `y[i, j] = x[i, ids[i, j]]` along axis 1;
    /// `torch.gather`.
    ///
    /// # Shapes
    /// `x: S, ids: S but for axis I, of the vocabulary that axis I is → the shape of the ids`
    ///
    /// # Gradient
    /// `dx` is [`scatter_add`](Tensor::scatter_add) of `dy`. Keeps the ids.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U2, U3)> = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let ids: Ids<(U2, U1), U3> = Ids::try_from_vec(Default::default(), vec![2, 0])?;
    /// assert_eq!(x.gather::<1, _, _>(&ids).to_vec(), [3.0, 4.0]);
    /// # Ok::<(), tenon_tensor::IdsError>(())
    /// ```
    pub fn gather<const I: usize, R, V: Dim>(&self, ids: &Ids<R, V>) -> Tensor<R, B>
    where
        R: Axis<I>,
        S: Axis<I, Replace<<R as Axis<I>>::Dim>: SameShape<R>>,
        <S as Axis<I>>::Dim: Vocabulary<V>,
    {
        let shape = ids.shape();
        self.shape.replace(shape.dim()).check_same(&shape, "gather");
        check_vocabulary("gather", self.shape.dim().size(), ids.vocabulary().size());
        let dims = Dims::new(shape.dims().as_ref());
        let gather = Gather::along(I, self.value.dims(), ids.as_slice(), dims);
        Tensor { shape, value: gather.on([self.value.clone()]) }
    }

    /// The elements added up where the ids say, over zeros: `y[i, ids[i, j]] += x[i, j]` along
    /// axis 1; `torch.scatter_add` on zeros.
    ///
    /// # Shapes
    /// `x: S, ids: S of vocabulary V → S with axis I of size V`
    ///
    /// # Gradient
    /// `dx` is [`gather`](Tensor::gather) of `dy`. Keeps the ids.
    ///
    /// # Example
    /// ```
    /// use tenon_tensor::prelude::*;
    /// let x: Tensor<(U1, U3)> = Tensor::from([[1.0, 2.0, 3.0]]);
    /// let ids: Ids<(U1, U3), U2> = Ids::try_from_vec(Default::default(), vec![1, 0, 1])?;
    /// let sums: Tensor<(U1, U2)> = x.scatter_add::<1, _, _>(&ids);
    /// assert_eq!(sums.to_vec(), [2.0, 4.0]);
    /// # Ok::<(), tenon_tensor::IdsError>(())
    /// ```
    pub fn scatter_add<const I: usize, R: Shape, V: Dim>(&self, ids: &Ids<R, V>) -> Tensor<S::Replace<V>, B>
    where
        S: Axis<I> + SameShape<R>,
    {
        self.shape.check_same(&ids.shape(), "scatter_add");
        let shape = self.shape.replace(ids.vocabulary());
        let dims = Dims::new(shape.dims().as_ref());
        let (planes, _, inner) = dims.around(I);
        let indices = in_planes(inner, ids.as_slice());
        Tensor { shape, value: ScatterAdd { planes, indices, dims }.on([self.value.clone()]) }
    }
}

/// Sizes that are known at run time only; the compiler has compared the others.
fn check_vocabulary(op: &str, axis: usize, vocabulary: usize) {
    assert!(axis == vocabulary, "{op}: the ids are of a vocabulary of {vocabulary}, the axis has size {axis}");
}

/// The operation of [`Tensor::index_select`].
#[derive(Clone, Debug)]
pub struct IndexSelect {
    /// The axis.
    pub axis: usize,
    /// The slices that are taken.
    pub ids: Indices,
}

impl Op<1> for IndexSelect {
    const NAME: &'static str = "index_select";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let (outer, size, inner) = x.dims().around(self.axis);
        let dims = x.dims().with(self.axis, self.ids.len());
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        Array::write(dims, |out| {
            for plane in 0..outer {
                let len = self.ids.len() * inner;
                let (from, to) = (&numbers[plane * size * inner..][..size * inner], &mut out[plane * len..][..len]);
                index::gather_rows(from, inner, &self.ids, to);
            }
        })
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn kept_bytes(&self) -> usize {
        self.ids.bytes()
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let size = at.dims(0)[self.axis];
        [Some(IndexAdd { axis: self.axis, ids: self.ids.clone(), size }.on([at.dy]))]
    }
}

/// The slices of an axis added up where the ids say, over zeros: the transpose of [`IndexSelect`].
#[derive(Clone, Debug)]
pub struct IndexAdd {
    /// The axis.
    pub axis: usize,
    /// Where each slice is added.
    pub ids: Indices,
    /// The size of the axis in the result.
    pub size: usize,
}

impl Op<1> for IndexAdd {
    const NAME: &'static str = "index_add";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let (outer, len, inner) = x.dims().around(self.axis);
        let dims = x.dims().with(self.axis, self.size);
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        Array::write(dims, |out| {
            for plane in 0..outer {
                let size = self.size * inner;
                let (from, to) = (&numbers[plane * len * inner..][..len * inner], &mut out[plane * size..][..size]);
                index::scatter_add_rows(from, inner, &self.ids, to);
            }
        })
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn kept_bytes(&self) -> usize {
        self.ids.bytes()
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(IndexSelect { axis: self.axis, ids: self.ids.clone() }.on([at.dy]))]
    }
}

fn draw_ids(draw: &mut Draw<'_>, size: usize) -> Indices {
    (0..draw.size()).map(|_| draw.below(size) as u32).collect()
}

impl Proof<1> for IndexSelect {
    const PROVES: &'static str = "index_select";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        (IndexSelect { axis, ids: draw_ids(draw, dims[axis]) }, [dims])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.clone().on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        Naive::from_fn(x.dims.with(self.axis, self.ids.len()), |index| {
            let mut source = index.to_vec();
            source[self.axis] = self.ids[index[self.axis]] as usize;
            x.at(&source)
        })
    }
}

impl Proof<1> for IndexAdd {
    const PROVES: &'static str = "index_add";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, axis) = draw.dims_and_axis();
        let size = draw.size();
        let ids = draw_ids(draw, size);
        (IndexAdd { axis, size, ids: ids.clone() }, [dims.with(axis, ids.len())])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.clone().on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let mut sum = Naive::zeros(x.dims.with(self.axis, self.size));
        for_each_index(x.dims, |index| {
            let mut target = index.to_vec();
            target[self.axis] = self.ids[index[self.axis]] as usize;
            *sum.at_mut(&target) += x.at(index);
        });
        sum
    }
}

register!(IndexSelect, IndexAdd);
