//! One drawn case: an operation, numbers to try it on, and directions to differentiate along.

use std::rc::Rc;

use tenon_tensor::proof::{Domain, Naive, Sizes};
use tenon_tensor::{Dims, Stream};

use super::subject::{DrawSubject, Subject};

/// An operation and the numbers it is tried on.
pub(super) struct Case {
    pub(super) op: Rc<dyn Subject>,
    pub(super) args: Vec<Naive>,
    seed: u64,
}

/// The streams of one seed, one for each thing that is drawn from it.
const ARGS: u64 = 1;
const COTANGENT: u64 = 2;
const DIRECTION: u64 = 3;
const PROBE: u64 = 4;
const COTANGENT_DIRECTION: u64 = 5;

/// The distance of the grid from which distinct numbers are drawn, and how far each is moved off
/// it: the first less twice the second is above the hundredth that [`Domain::Distinct`] promises.
/// Numbers on the grid itself would have few digits, and hide a loss of precision.
const GRID: f64 = 1.0 / 64.0;
const JITTER: f64 = 1.0 / 512.0;

/// The kind of axis sizes, read from the first choice; zero, to which cases shrink, is the
/// simplest.
fn sizes(choice: u8) -> Sizes {
    match choice % 8 {
        0 => Sizes::All(1),
        1 => Sizes::All(2),
        2 => Sizes::All(7),
        _ => Sizes::Mixed,
    }
}

impl Case {
    /// The case of these choices: the first says how axis sizes are drawn, the others are the
    /// operation's.
    pub(super) fn draw(draw: DrawSubject, choices: &[u8], seed: u64) -> Self {
        let (&first, others) = choices.split_first().unwrap_or((&0, &[]));
        Case::with_sizes(draw, others, sizes(first), seed)
    }

    /// The case of the same choices that has enough elements for several threads.
    pub(super) fn draw_long(draw: DrawSubject, choices: &[u8], seed: u64) -> Self {
        Case::with_sizes(draw, choices.get(1..).unwrap_or_default(), Sizes::Long, seed)
    }

    fn with_sizes(draw: DrawSubject, choices: &[u8], sizes: Sizes, seed: u64) -> Self {
        let choices = if choices.is_empty() { &[0] } else { choices };
        let (op, dims) = draw(choices, sizes);
        let args = sample(&op.domains(), &dims, Stream { seed, stream: ARGS });
        Case { op, args, seed }
    }

    /// The operation with its attributes, and the dims of its arguments.
    pub(super) fn describe(&self) -> String {
        let dims: Vec<String> = self.args.iter().map(|arg| format!("{:?}", arg.dims)).collect();
        format!("{:?} on {}", self.op, dims.join(", "))
    }

    /// The same case with the arguments rounded to `f32`.
    pub(super) fn rounded(&self) -> Self {
        let args = self.args.iter().map(|arg| arg.map(|x| f64::from(x as f32))).collect();
        Case { op: self.op.clone(), args, seed: self.seed }
    }

    /// The result that the oracle gives.
    pub(super) fn oracle(&self) -> Naive {
        self.op.oracle(&self.args)
    }

    /// The dims of the arguments.
    pub(super) fn dims(&self) -> Vec<Dims> {
        self.args.iter().map(|arg| arg.dims).collect()
    }

    /// A cotangent of the result.
    pub(super) fn cotangent(&self, dims: Dims) -> Naive {
        self.along(COTANGENT, dims, 0)
    }

    /// A direction of the cotangent.
    pub(super) fn cotangent_direction(&self, dims: Dims) -> Naive {
        self.along(COTANGENT_DIRECTION, dims, 0)
    }

    /// A direction of the arguments.
    pub(super) fn direction(&self) -> Vec<Naive> {
        self.dims().into_iter().enumerate().map(|(i, dims)| self.along(DIRECTION, dims, i)).collect()
    }

    /// The direction in which gradients are measured when they are differentiated again.
    pub(super) fn probe(&self) -> Vec<Naive> {
        self.dims().into_iter().enumerate().map(|(i, dims)| self.along(PROBE, dims, i)).collect()
    }

    /// Numbers of magnitude ¼ to 1: none so small that it hides an error.
    fn along(&self, stream: u64, dims: Dims, i: usize) -> Naive {
        let stream = Stream { seed: self.seed, stream: stream | (i as u64) << 8 };
        within(Domain::AwayFromZero { gap: 0.25, bound: 1.0 }, dims, stream)
    }
}

/// Numbers of the given domains.
fn sample(domains: &[Domain], dims: &[Dims], stream: Stream) -> Vec<Naive> {
    let is_distinct = |i: usize| domains[i] == Domain::Distinct;
    let n_distinct = (0..dims.len()).filter(|&i| is_distinct(i)).map(|i| dims[i].numel()).sum();
    let mut distinct = shuffled_grid(n_distinct, stream).into_iter();
    let draw = |i: usize| {
        if is_distinct(i) {
            return Naive { dims: dims[i], data: distinct.by_ref().take(dims[i].numel()).collect() };
        }
        within(domains[i], dims[i], Stream { stream: stream.stream | (i as u64 + 1) << 8, ..stream })
    };
    (0..dims.len()).map(draw).collect()
}

fn within(domain: Domain, dims: Dims, stream: Stream) -> Naive {
    let number = |i: usize| {
        let t = uniform(stream, i);
        match domain {
            Domain::Within(least, most) => least + t * (most - least),
            Domain::AwayFromZero { gap, bound } => {
                let signed = 2.0 * t - 1.0;
                signed.signum() * (gap + signed.abs() * (bound - gap))
            }
            Domain::Distinct => unreachable!("distinct numbers are drawn for all arguments at once"),
        }
    };
    Naive { dims, data: (0..dims.numel()).map(number).collect() }
}

/// `n` numbers around zero in random order, each near its own point of a grid.
fn shuffled_grid(n: usize, stream: Stream) -> Vec<f64> {
    let middle = n as f64 / 2.0;
    let jitter = |i: usize| (2.0 * uniform(stream, n + i) - 1.0) * JITTER;
    let mut numbers: Vec<f64> = (0..n).map(|i| (i as f64 - middle) * GRID + jitter(i)).collect();
    for last in (1..n).rev() {
        let chosen = (uniform(stream, last) * (last + 1) as f64) as usize;
        numbers.swap(last, chosen);
    }
    numbers
}

/// The uniform number of `[0, 1)` at place `i` of a stream.
fn uniform(stream: Stream, i: usize) -> f64 {
    const DIGITS: u32 = f64::MANTISSA_DIGITS;
    let bits = stream.bits(i as u64) >> (u64::BITS - DIGITS);
    bits as f64 / (1_u64 << DIGITS) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_numbers_keep_their_distance_across_arguments() {
        let dims = [Dims::new(&[5, 7]), Dims::new(&[3]), Dims::new(&[])];
        let domains = [Domain::Distinct, Domain::Distinct, Domain::Within(0.0, 1.0)];
        let drawn = sample(&domains, &dims, Stream { seed: 7, stream: 0 });
        let [x, y, z] = drawn.try_into().expect("three arguments");
        let mut numbers = [x.data, y.data].concat();
        numbers.sort_by(f64::total_cmp);
        assert_eq!(numbers.len(), 38);
        assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] >= 0.01));
        assert!((0.0..1.0).contains(&z.data[0]));
    }

    #[test]
    fn domains_are_kept_to() {
        let stream = Stream { seed: 7, stream: 0 };
        let dims = Dims::new(&[1000]);
        let numbers = within(Domain::AwayFromZero { gap: 0.5, bound: 2.0 }, dims, stream).data;
        assert!(numbers.iter().all(|x| (0.5..=2.0).contains(&x.abs())));
        assert!(numbers.iter().any(|&x| x < 0.0) && numbers.iter().any(|&x| x > 0.0));
        let numbers = within(Domain::Within(-3.0, 4.0), dims, stream).data;
        assert!(numbers.iter().all(|x| (-3.0..4.0).contains(x)));
    }
}
