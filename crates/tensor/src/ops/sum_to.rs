//! Summation over repeated axes: the transpose of expansion.

use crate::proof::{Draw, Naive, Proof, for_each_index, register};
use crate::{Array, Backend, Dims, Element, Op, Reads, Value, Vjp};

/// The sum over the axes that [`Expand`](super::expand::Expand) would repeat: axes are aligned at
/// the right; where the result has size 1, or no axis, the argument is summed.
///
/// # Shapes
/// `x: dims that these expand to → these dims`
///
/// # Gradient
/// `dx` is `dy` repeated. Keeps nothing.
///
/// # Example
/// ```
/// use tenon_tensor::{ops::sum_to::SumTo, Array, Cpu, Dims, Op, Value};
/// let x = Value::<Cpu<f64>>::constant(Array::full(Dims::new(&[4, 2]), 1.0));
/// let y = SumTo { dims: Dims::new(&[2]) }.on([x]);
/// assert_eq!(y.array().to_vec(), [4.0, 4.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SumTo {
    /// The dims of the result.
    pub dims: Dims,
}

impl Op<1> for SumTo {
    const NAME: &'static str = "sum_to";
    const READS: Reads<1> = Reads::NOTHING;

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> Array<E> {
        let mut sum = x;
        while sum.dims().len() > self.dims.len() {
            sum = super::sum::sum_axis(sum, 0);
        }
        for axis in 0..self.dims.len() {
            if self.dims[axis] == 1 && sum.dims()[axis] != 1 {
                let kept = sum.dims().with(axis, 1);
                sum = super::sum::sum_axis(sum, axis).reshaped(kept);
            }
        }
        sum
    }

    fn flops(&self, args: &[Dims; 1], _: Dims) -> u64 {
        args[0].numel() as u64
    }

    fn vjp<B: Backend>(&self, at: Vjp<Value<B>, 1>) -> [Option<Value<B>>; 1] {
        let dims = at.dims(0);
        [Some(at.dy.expanded(dims))]
    }
}

impl Proof<1> for SumTo {
    const PROVES: &'static str = "sum_to";

    fn draw(draw: &mut Draw<'_>) -> (Self, [Dims; 1]) {
        let (dims, large) = super::expand::draw_expansion(draw);
        (SumTo { dims }, [large])
    }

    fn run<B: Backend>(&self, args: [Value<B>; 1]) -> Value<B> {
        self.on(args)
    }

    fn oracle(&self, [x]: [&Naive; 1]) -> Naive {
        let missing = x.dims.len() - self.dims.len();
        let mut sum = Naive::zeros(self.dims);
        for_each_index(x.dims, |index| {
            let target: Vec<usize> =
                index[missing..].iter().zip(self.dims.iter()).map(|(&i, &size)| if size == 1 { 0 } else { i }).collect();
            *sum.at_mut(&target) += x.at(index);
        });
        sum
    }
}

register!(SumTo);
