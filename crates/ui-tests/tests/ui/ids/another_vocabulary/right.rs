//! Ids and a table of one tokenizer.

use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::Vocabulary;

dim!(Bytes = 256);
dim!(Words = 256);

fn look_up<V: Vocabulary<W>, W: Dim>(_ids: &Ids<(U2,), V>, _table: &Tensor<(W, U8)>) {}

fn main() {
    let ids: Ids<(U2,), Bytes> = Ids::try_from_vec(Default::default(), vec![3, 7]).unwrap();
    let table: Tensor<(Bytes, U8)> = Tensor::ones();
    look_up(&ids, &table);
}
