//! What the record of a computation keeps, for how long, and how it is taken down.

use std::sync::atomic::{AtomicUsize, Ordering};

use tenon_autodiff::{LeafId, prelude::*};
use tenon_tensor::{Array, Dims, Element, Fused, Op, Reads, Value, Vjp};

type Plain = Cpu<f64>;

#[test]
fn every_use_of_a_variable_adds_to_its_gradient() {
    let x: Tensor<(U2,), Plain> = Tensor::from_vec(Default::default(), vec![3.0, -1.0]);
    let x = x.track();
    // x² + 3x + x·x, through three uses.
    let y = x.clone().square() + x.clone().scale(3.0) + x.clone() * x.clone();
    assert_eq!(y.sum_all().backward().get(&x).unwrap().to_vec(), [15.0, -1.0]);
}

#[test]
fn variables_of_one_identity_share_a_gradient() {
    let id = LeafId::unique();
    let leaf = |number: f64| {
        let value: Value<Plain> = Value::constant(Array::from_vec(Dims::new(&[]), vec![number]));
        Tensor::<(), Autodiff<Plain>>::from_value((), Autodiff::leaf(id, value))
    };
    let (x, y) = (leaf(2.0), leaf(5.0));
    let gradients = (x.clone() * y).backward();
    assert_eq!(gradients.get(&x).unwrap().item(), 7.0);
    assert_eq!(gradients.iter().count(), 1);
}

#[test]
fn gradients_of_several_batches_add_up() {
    let x: Tensor<(U2,), Plain> = Tensor::from_vec(Default::default(), vec![3.0, -1.0]);
    let (x, unused) = (x.track(), x.track());
    let first = x.clone().square().sum_all().backward();
    let second = x.clone().sum_all().backward();
    let sum = first.merged(second).map(|_, gradient| gradient.scaled(0.5));
    assert_eq!(sum.get(&x).unwrap().to_vec(), [3.5, -0.5]);
    assert!(sum.get(&unused).is_none());
}

#[test]
fn what_no_gradient_flows_through_is_not_recorded() {
    let x: Tensor<(U2,), Plain> = Tensor::from_vec(Default::default(), vec![3.0, -1.0]);
    let x = x.track();
    let detached: Tensor<(U2,), Autodiff<Plain>> = x.detach().lift();
    let y = (x.clone() * detached).sum_all();
    assert_eq!(y.backward().get(&x).unwrap().to_vec(), [3.0, -1.0]);
}

const LONG: usize = 200_000;

/// `x + x + … + x`, recorded one operation after the other.
fn long_chain(x: &Tensor<(), Autodiff<Plain>>) -> Tensor<(), Autodiff<Plain>> {
    (1..LONG).fold(x.clone(), |sum, _| sum + x.clone())
}

#[test]
fn a_long_chain_is_dropped_without_a_deep_stack() {
    let x = Tensor::<(), Plain>::scalar(1.0).track();
    drop(long_chain(&x));
}

#[test]
fn a_long_chain_is_differentiated_without_a_deep_stack() {
    let x = Tensor::<(), Plain>::scalar(1.0).track();
    assert_eq!(long_chain(&x).backward().get(&x).unwrap().item(), LONG as f64);
}

#[test]
fn a_long_chain_of_derivatives_is_dropped_without_a_deep_stack() {
    // The gradient is itself recorded by the inner level, in a chain of the same length.
    let inner = Tensor::<(), Plain>::scalar(1.0).track();
    let outer = inner.track();
    let product = (1..LONG / 10).fold(outer.clone(), |product, _| product * outer.clone());
    let gradient = product.backward().get(&outer).unwrap();
    assert_eq!(gradient.item(), (LONG / 10) as f64);
    drop(gradient);
}

/// Counts what the forward pass keeps.
struct Kept(&'static AtomicUsize);

impl Kept {
    fn new(alive: &'static AtomicUsize) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Kept(alive)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl tenon_tensor::Kept for Kept {
    fn storage(&self) -> Vec<(usize, usize)> {
        Vec::new()
    }
}

/// `y = 2x`, which keeps something and notes how much was still kept when its turn came.
#[derive(Clone, Debug)]
struct Noting {
    alive: &'static AtomicUsize,
    alive_in_backward: &'static AtomicUsize,
}

impl Fused<1> for Noting {
    const NAME: &'static str = "noting";
    const READS: Reads<1> = Reads::NOTHING;
    type Kept<E: Element> = Kept;

    fn definition<B: Backend>(&self, [x]: [Value<B>; 1]) -> Value<B> {
        x.scaled(2.0)
    }

    fn forward<E: Element>(&self, [x]: [Array<E>; 1]) -> (Array<E>, Kept) {
        (x.map(|x| x + x), Kept::new(self.alive))
    }

    fn flops(&self, _: &[Dims; 1], output: Dims) -> u64 {
        output.numel() as u64
    }

    fn backward<E: Element>(&self, at: Vjp<Array<E>, 1>, _: &Kept) -> [Option<Array<E>>; 1] {
        self.alive_in_backward.store(self.alive.load(Ordering::SeqCst), Ordering::SeqCst);
        [Some(at.dy.map(|dy| dy + dy))]
    }
}

#[test]
fn the_backward_pass_frees_what_it_is_done_with() {
    static ALIVE: AtomicUsize = AtomicUsize::new(0);
    static ALIVE_AT_THE_END: AtomicUsize = AtomicUsize::new(0);
    let x = Tensor::<(), Plain>::scalar(1.0).track();
    let mut y = x.clone();
    for _ in 0..5 {
        let noting = Noting { alive: &ALIVE, alive_in_backward: &ALIVE_AT_THE_END };
        y = Tensor::from_value((), noting.on([y.into_value()]));
    }
    assert_eq!(ALIVE.load(Ordering::SeqCst), 5);
    assert_eq!(y.backward().get(&x).unwrap().item(), 32.0);
    assert_eq!(ALIVE_AT_THE_END.load(Ordering::SeqCst), 1, "the last to be differentiated is alone by then");
    assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
}

#[test]
fn a_rule_that_reads_nothing_keeps_nothing() {
    let mut held: Array<f64> = Array::from_vec(Dims::new(&[3]), vec![1.0, 2.0, 3.0]);
    let variable = Autodiff::<Plain>::leaf(LeafId::unique(), Value::constant(held.clone()));
    let y = tenon_tensor::ops::neg::Neg.on([variable]);
    // The record of `neg` is alive, but nothing holds the argument's buffer any more.
    assert!(held.is_unique());
    drop(y);
}
