//! Elements chosen by position, and its transpose.

use crate::proof::{Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Dims, Element, Indices, Op, Reads, Value, Vjp};

/// `y[p, i] = x[p, indices[p, i]]`, where both are read as `planes` runs of elements: what pooling
/// and maxima are made of.
///
/// # Shapes
/// `x: any dims → these dims`, each with a whole number of elements per plane
///
/// # Gradient
/// `dx[p, j] = Σ dy[p, i] over indices[p, i] = j`, which is [`ScatterAdd`]. Keeps nothing but the
/// indices.
///
/// # Panics
/// When an index is outside its plane.
///
/// # Example
/// ```
/// use tenon_tensor::{ops::gather::Gather, Array, Cpu, Dims, Op, Value};
/// let x = Value::<Cpu<f64>>::constant(Array::from_vec(Dims::new(&[3]), vec![10.0, 20.0, 30.0]));
/// let indices = [2, 2, 0].into_iter().collect();
/// let y = Gather { planes: 1, indices, dims: Dims::new(&[3]) }.on([x]);
/// assert_eq!(y.array().to_vec(), [30.0, 30.0, 10.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Gather {
    /// How many runs the arrays are split into.
    pub planes: usize,
    /// The position in its plane of each element of the result.
    pub indices: Indices,
    /// The dims of the result.
    pub dims: Dims,
}

impl Gather {
    /// The elements at the given places along an axis of an array of dims `from`, for a result that
    /// differs from it in that axis only. Everything from that axis on is one plane.
    pub(super) fn along(axis: usize, from: Dims, places: &[u32], dims: Dims) -> Self {
        let (planes, _, inner) = from.around(axis);
        Gather { planes, indices: in_planes(inner, places), dims }
    }
}

/// Places along an axis as positions in planes, where each is followed by `inner` elements.
pub(super) fn in_planes(inner: usize, places: &[u32]) -> Indices {
    Indices::write(places.len(), |indices| {
        for (at, (index, &place)) in indices.iter_mut().zip(places).enumerate() {
            *index = place * inner as u32 + (at % inner) as u32;
        }
    })
}

impl Op<1> for Gather {
    const NAME: &'static str = "gather";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        Array::write(self.dims, |out| tenon_kernels::index::gather(self.planes, numbers, &self.indices, out))
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn kept_bytes(&self) -> usize {
        self.indices.bytes()
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(ScatterAdd { planes: self.planes, indices: self.indices.clone(), dims: at.dims(0) }.on([at.dy]))]
    }
}

/// `y[p, indices[p, i]] += x[p, i]` over zeros: the transpose of [`Gather`].
///
/// # Gradient
/// `dx[p, i] = dy[p, indices[p, i]]`. Keeps nothing but the indices.
#[derive(Clone, Debug)]
pub struct ScatterAdd {
    /// How many runs the arrays are split into.
    pub planes: usize,
    /// The position in its plane of the result of each element of the argument.
    pub indices: Indices,
    /// The dims of the result.
    pub dims: Dims,
}

impl Op<1> for ScatterAdd {
    const NAME: &'static str = "scatter_add";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let x = x.contiguous();
        let numbers = x.as_slice().expect("contiguous");
        Array::write(self.dims, |out| tenon_kernels::index::scatter_add(self.planes, numbers, &self.indices, out))
    }

    fn flops(&self, _: &[Dims; 1], _: Dims) -> u64 {
        0
    }

    fn kept_bytes(&self) -> usize {
        self.indices.bytes()
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        [Some(Gather { planes: self.planes, indices: self.indices.clone(), dims: at.dims(0) }.on([at.dy]))]
    }
}

/// Draws planes, dims of two arrays that split into them, and indices from the second into the
/// first.
fn draw_indices(draw: &mut Draw<'_>) -> (usize, Dims, Dims, Indices) {
    let dims = draw.dims(2);
    let (planes, from, to) = (dims[0], dims[1], draw.size());
    let indices = (0..planes * to).map(|_| draw.below(from) as u32).collect();
    (planes, Dims::new(&[planes, from]), Dims::new(&[planes, to]), indices)
}

impl Proof<1> for Gather {
    const PROVES: &'static str = "gather";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (planes, from, dims, indices) = draw_indices(draw);
        (Gather { planes, indices, dims }, [from])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.clone().on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let to = self.dims[1];
        Naive::from_fn(self.dims, |at| x.at(&[at[0], self.indices[at[0] * to + at[1]] as usize]))
    }
}

impl Proof<1> for ScatterAdd {
    const PROVES: &'static str = "scatter_add";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (planes, dims, from, indices) = draw_indices(draw);
        (ScatterAdd { planes, indices, dims }, [from])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.clone().on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let from = x.dims[1];
        let mut sum = Naive::zeros(self.dims);
        for_each_index(x.dims, |at| {
            let target = self.indices[at[0] * from + at[1]] as usize;
            *sum.at_mut(&[at[0], target]) += x.at(at);
        });
        sum
    }
}

register!(Gather, ScatterAdd);
