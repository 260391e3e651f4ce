//! Random changes of inputs that do not change what they show.

use tenon_tensor::shape::Image;
use tenon_tensor::{Array, Stream, Tensor, Value};

/// A random change of a batch of inputs, by which a model in training sees more than there is.
///
/// A pair of transforms applies them in order; `()` changes nothing.
///
/// # Example
/// ```
/// use tenon_datasets::transform::{RandomFlip, RandomShift, Transform};
/// use tenon_tensor::{Stream, prelude::*};
/// let mut streams = (0..).map(|stream| Stream { seed: 7, stream });
/// let augment = (RandomShift { most: 2, background: 0.0 }, RandomFlip);
/// let images: Tensor<(U3, U1, U8, U8)> = Tensor::ones();
/// let changed = augment.apply(images, &mut || streams.next().unwrap());
/// ```
pub trait Transform<X>: Send + Sync + 'static {
    /// The changed inputs. Random numbers come from `next_stream`, of which every call gives one
    /// that nobody else uses.
    fn apply(&self, inputs: X, next_stream: &mut dyn FnMut() -> Stream) -> X;
}

impl<X> Transform<X> for () {
    fn apply(&self, inputs: X, _: &mut dyn FnMut() -> Stream) -> X {
        inputs
    }
}

impl<X, First: Transform<X>, Second: Transform<X>> Transform<X> for (First, Second) {
    fn apply(&self, inputs: X, next_stream: &mut dyn FnMut() -> Stream) -> X {
        let inputs = self.0.apply(inputs, next_stream);
        self.1.apply(inputs, next_stream)
    }
}

/// Moves each image by up to `most` pixels, as many up or down and left or right as is drawn for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomShift {
    /// The farthest that an image is moved along each axis.
    pub most: usize,
    /// The number of the pixels that come in at the edge.
    pub background: f32,
}

impl<S: Image> Transform<Tensor<S>> for RandomShift {
    fn apply(&self, images: Tensor<S>, next_stream: &mut dyn FnMut() -> Stream) -> Tensor<S> {
        let (stream, n_moves) = (next_stream(), 2 * self.most as u64 + 1);
        for_each_image(images, |i, image, moved, [height, width]| {
            let draw = |at| below(n_moves, stream.bits(2 * i + at)) as isize - self.most as isize;
            let (down, right) = (draw(0), draw(1));
            moved.fill(self.background);
            for (plane, moved) in
                image.chunks_exact(height * width).zip(moved.chunks_exact_mut(height * width))
            {
                // What is at `to` now was at `from`.
                for (to, from) in overlap(down, height).zip(overlap(-down, height)) {
                    let (to, from) = (&mut moved[to * width..][..width], &plane[from * width..][..width]);
                    to[overlap(right, width)].copy_from_slice(&from[overlap(-right, width)]);
                }
            }
        })
    }
}

/// The positions of an axis that something moved by `by` still covers.
fn overlap(by: isize, size: usize) -> std::ops::Range<usize> {
    let size = size as isize;
    by.clamp(0, size) as usize..(size + by).clamp(0, size) as usize
}

/// Mirrors each image left to right, or not, with equal probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomFlip;

impl<S: Image> Transform<Tensor<S>> for RandomFlip {
    fn apply(&self, images: Tensor<S>, next_stream: &mut dyn FnMut() -> Stream) -> Tensor<S> {
        let stream = next_stream();
        for_each_image(images, |i, image, flipped, [_, width]| {
            flipped.copy_from_slice(image);
            if below(2, stream.bits(i)) == 1 {
                flipped.chunks_exact_mut(width).for_each(<[f32]>::reverse);
            }
        })
    }
}

/// Images written by `write`, which is given the number of the image, its pixels, room for the new
/// ones, and height and width.
fn for_each_image<S: Image>(
    images: Tensor<S>,
    write: impl Fn(u64, &[f32], &mut [f32], [usize; 2]),
) -> Tensor<S> {
    let dims = images.array().dims();
    let array = images.array().clone().contiguous();
    let numbers = array.as_slice().expect("contiguous");
    let size = dims[1..].iter().product::<usize>().max(1);
    let written = Array::write(dims, |written| {
        for ((i, image), written) in (0..).zip(numbers.chunks_exact(size)).zip(written.chunks_exact_mut(size))
        {
            write(i, image, written, [dims[2], dims[3]]);
        }
    });
    Tensor::from_value(images.shape(), Value::constant(written))
}

/// A number of `0..n` from random bits: each as likely as the others to one part in 2⁶⁴/n.
fn below(n: u64, bits: u64) -> u64 {
    ((u128::from(bits) * u128::from(n)) >> u64::BITS) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use tenon_tensor::prelude::*;

    const N: usize = 200;

    /// Images of 3 × 3 pixels, numbered from 1.
    fn images() -> Tensor<(Dyn, U1, U3, U3)> {
        Tensor::from_fn((Dyn(N), U1::new(), U3::new(), U3::new()), |i| (i % 9 + 1) as f32)
    }

    fn apply(transform: impl Transform<Tensor<(Dyn, U1, U3, U3)>>, seed: u64) -> Vec<Vec<u8>> {
        let mut streams = (0..).map(|stream| Stream { seed, stream });
        let changed = transform.apply(images(), &mut || streams.next().expect("no end"));
        changed.to_vec().chunks(9).map(|image| image.iter().map(|&x| x as u8).collect()).collect()
    }

    #[test]
    fn shifts_are_all_those_that_are_allowed() {
        let shifted = apply(RandomShift { most: 1, background: 0.0 }, 1);
        let expected: BTreeSet<Vec<u8>> = [
            [5, 6, 0, 8, 9, 0, 0, 0, 0],
            [4, 5, 6, 7, 8, 9, 0, 0, 0],
            [0, 4, 5, 0, 7, 8, 0, 0, 0],
            [2, 3, 0, 5, 6, 0, 8, 9, 0],
            [1, 2, 3, 4, 5, 6, 7, 8, 9],
            [0, 1, 2, 0, 4, 5, 0, 7, 8],
            [0, 0, 0, 2, 3, 0, 5, 6, 0],
            [0, 0, 0, 1, 2, 3, 4, 5, 6],
            [0, 0, 0, 0, 1, 2, 0, 4, 5],
        ]
        .map(Vec::from)
        .into();
        assert_eq!(BTreeSet::from_iter(shifted), expected);
    }

    #[test]
    fn half_of_the_images_are_mirrored() {
        let flipped = apply(RandomFlip, 1);
        let n_mirrored = flipped.iter().filter(|image| **image == [3, 2, 1, 6, 5, 4, 9, 8, 7]).count();
        let n_kept = flipped.iter().filter(|image| **image == [1, 2, 3, 4, 5, 6, 7, 8, 9]).count();
        assert_eq!(n_mirrored + n_kept, N);
        // Six standard deviations of a binomial count with mean 100.
        assert!((58..=142).contains(&n_mirrored), "{n_mirrored}");
    }

    #[test]
    fn a_seed_changes_images_alike_every_time_and_pairs_draw_apart() {
        let both = || (RandomShift { most: 1, background: 0.0 }, RandomFlip);
        assert_eq!(apply(both(), 1), apply(both(), 1));
        assert_ne!(apply(both(), 1), apply(both(), 2));
        assert_eq!(
            apply((), 1),
            images()
                .to_vec()
                .chunks(9)
                .map(|x| x.iter().map(|&x| x as u8).collect())
                .collect::<Vec<Vec<u8>>>()
        );
        // Nine shifts, each mirrored or not: as many images unless one draw decides both.
        assert_eq!(BTreeSet::from_iter(apply(both(), 1)).len(), 18);
    }

    #[test]
    fn a_shift_may_be_larger_than_the_image() {
        let far = apply(RandomShift { most: 9, background: 5.0 }, 1);
        assert!(far.contains(&vec![5; 9]));
    }
}
