//! The derives, on a miniature of the layers crate: what they visit, and what they accept.

/// The traits that the derives implement, in the least that makes them observable.
mod layers {
    pub(crate) trait Backend {}
    pub(crate) struct Plain;
    impl Backend for Plain {}

    pub(crate) struct Context<B>(pub(crate) std::marker::PhantomData<B>);

    pub(crate) trait Layer<X, B: Backend> {
        type Output;
        fn forward(&self, x: X, context: &mut Context<B>) -> Self::Output;
    }

    pub(crate) type Cost = usize;

    pub(crate) trait StaticCost<X> {
        const COST: Cost;
    }

    impl<X, A: StaticCost<X>> StaticCost<X> for (A,) {
        const COST: Cost = A::COST;
    }

    impl<X, A, B> StaticCost<X> for (A, B)
    where
        A: Layer<X, Plain> + StaticCost<X>,
        B: StaticCost<A::Output>,
    {
        const COST: Cost = 10 * A::COST + B::COST;
    }

    #[derive(Default)]
    pub(crate) struct Path(Vec<String>);

    impl Path {
        pub(crate) fn enter(&mut self, name: &str, f: impl FnOnce(&mut Self)) {
            self.0.push(name.to_owned());
            f(self);
            self.0.pop();
        }
    }

    pub(crate) trait Visitor {
        fn visit(&mut self, path: &str, value: f32);
    }

    pub(crate) trait VisitorMut {
        fn visit(&mut self, path: &str, value: &mut f32);
    }

    pub(crate) trait Module {
        fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor);
        fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut);
    }

    /// A parameter of one number.
    #[derive(Default)]
    pub(crate) struct Param(pub(crate) f32);

    impl Module for Param {
        fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
            visitor.visit(&path.0.join("."), self.0);
        }
        fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
            visitor.visit(&path.0.join("."), &mut self.0);
        }
    }

    impl Module for () {
        fn visit(&self, _: &mut Path, _: &mut dyn Visitor) {}
        fn visit_mut(&mut self, _: &mut Path, _: &mut dyn VisitorMut) {}
    }

    impl<M: Module> Module for Option<Box<M>> {
        fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
            if let Some(module) = self {
                module.visit(path, visitor);
            }
        }
        fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
            if let Some(module) = self {
                module.visit_mut(path, visitor);
            }
        }
    }
}

use layers::{Backend, Context, Layer, Module, Param, Path, Plain, StaticCost, Visitor, VisitorMut};
use std::marker::PhantomData;
use tenon_derive::{Module, Sequential};

/// The paths and values that a visit meets.
fn parameters(module: &impl Module) -> Vec<(String, f32)> {
    struct Collect(Vec<(String, f32)>);
    impl Visitor for Collect {
        fn visit(&mut self, path: &str, value: f32) {
            self.0.push((path.to_owned(), value));
        }
    }
    let mut collect = Collect(Vec::new());
    module.visit(&mut Path::default(), &mut collect);
    collect.0
}

fn paths(module: &impl Module) -> Vec<String> {
    parameters(module).into_iter().map(|(path, _)| path).collect()
}

#[derive(Module, Default)]
#[module(crate = layers)]
struct Affine {
    /// Documentation is not an attribute of ours.
    pub(crate) weight: Param,
    pub bias: Param,
}

#[derive(Module, Default)]
#[module(crate = crate::layers)]
struct Nested {
    first: Affine,
    #[module(rename = "renamed")]
    second: Affine,
    #[module(flatten)]
    third: Affine,
    #[module(skip)]
    #[allow(dead_code)]
    scale: f32,
    r#type: Param,
}

#[derive(Module, Default)]
#[module(crate = layers)]
struct Tuple(pub Affine, #[module(skip)] pub (), Param);

/// Parentheses after `pub` are a visibility or a type.
#[derive(Module, Default)]
#[module(crate = layers)]
struct Visible(pub(crate) Param, pub (), Param);

#[derive(Module)]
#[module(crate = layers)]
struct Unit;

#[derive(Module)]
#[module(crate = layers)]
struct Generic<'a, M, const N: usize = 3, F: Fn(u8) -> u8 = fn(u8) -> u8>
where
    M: Clone,
    F: 'a,
{
    inner: Option<Box<M>>,
    #[module(skip)]
    _pairs: PhantomData<(&'a [M; N], F)>,
}

#[derive(Module, Default)]
#[module(crate = layers)]
struct Tree<M> {
    value: M,
    child: Option<Box<Tree<M>>>,
}

#[test]
fn visits_fields_in_declaration_order() {
    assert_eq!(paths(&Affine::default()), ["weight", "bias"]);
}

#[test]
fn joins_nested_names_and_honours_attributes() {
    let expected = ["first.weight", "first.bias", "renamed.weight", "renamed.bias", "weight", "bias", "type"];
    assert_eq!(paths(&Nested::default()), expected);
}

#[test]
fn numbers_the_fields_of_a_tuple_struct() {
    assert_eq!(paths(&Tuple::default()), ["0.weight", "0.bias", "2"]);
    assert_eq!(paths(&Visible::default()), ["0", "2"]);
}

#[test]
fn accepts_a_unit_struct() {
    assert!(paths(&Unit).is_empty());
}

#[test]
fn accepts_every_kind_of_generic_parameter() {
    #[derive(Module, Clone)]
    #[module(crate = layers)]
    struct Nothing {}
    let generic: Generic<'_, Nothing> = Generic { inner: Some(Box::new(Nothing {})), _pairs: PhantomData };
    assert!(paths(&generic).is_empty());
}

#[test]
fn follows_a_recursive_struct() {
    let leaf = Tree { value: Param(2.0), child: None };
    let root = Tree { value: Param(1.0), child: Some(Box::new(leaf)) };
    assert_eq!(paths(&root), ["value", "child.value"]);
}

#[test]
fn visits_parameters_mutably() {
    struct Double;
    impl VisitorMut for Double {
        fn visit(&mut self, _: &str, value: &mut f32) {
            *value *= 2.0;
        }
    }
    let mut affine = Affine { weight: Param(1.5), bias: Param(-1.0) };
    affine.visit_mut(&mut Path::default(), &mut Double);
    let expected = [("weight".to_owned(), 3.0), ("bias".to_owned(), -2.0)];
    assert_eq!(parameters(&affine), expected);
}

/// A layer from numbers to numbers.
struct Add(i32);
impl<B: Backend> Layer<i32, B> for Add {
    type Output = i32;
    fn forward(&self, x: i32, _: &mut Context<B>) -> i32 {
        x + self.0
    }
}

/// A layer from anything that can be printed to text.
struct Print;
impl<X: ToString, B: Backend> Layer<X, B> for Print {
    type Output = String;
    fn forward(&self, x: X, _: &mut Context<B>) -> String {
        x.to_string()
    }
}

/// A layer from text to its length.
struct Length;
impl<B: Backend> Layer<String, B> for Length {
    type Output = usize;
    fn forward(&self, x: String, _: &mut Context<B>) -> usize {
        x.len()
    }
}

/// A generic parameter may have the name that the generated code would have used.
#[derive(Sequential)]
#[module(crate = layers)]
struct Chain<B> {
    add: B,
    print: Print,
    #[module(skip)]
    #[allow(dead_code)]
    note: &'static str,
    length: Length,
}

#[derive(Sequential)]
#[module(crate = layers)]
struct Pair(Add, Print);

#[test]
fn applies_fields_in_order() {
    let mut context = Context::<Plain>(PhantomData);
    let chain = Chain { add: Add(90), print: Print, note: "not a layer", length: Length };
    let length: usize = chain.forward(10, &mut context);
    assert_eq!(length, 3);
    assert_eq!(Pair(Add(2), Print).forward(40, &mut context), "42");
}

impl StaticCost<i32> for Add {
    const COST: usize = 1;
}
impl StaticCost<i32> for Print {
    const COST: usize = 2;
}
impl StaticCost<String> for Length {
    const COST: usize = 4;
}

#[test]
fn costs_what_its_fields_cost_in_order() {
    assert_eq!(<Chain<Add> as StaticCost<i32>>::COST, 10 + (20 + 4));
    assert_eq!(<Pair as StaticCost<i32>>::COST, 10 + 2);
}

/// Types and names handed on by a macro arrive in invisible groups.
macro_rules! declare {
    ($visibility:vis $name:ident { $field:ident: $ty:ty }) => {
        #[derive(Module)]
        #[module(crate = layers)]
        $visibility struct $name {
            $visibility $field: $ty,
        }
    };
}
declare!(pub(crate) Declared { weight: Param });
declare!(Private { weight: Option<Box<Param>> });

#[test]
fn accepts_structs_written_by_macros() {
    assert_eq!(paths(&Declared { weight: Param(0.0) }), ["weight"]);
    assert_eq!(paths(&Private { weight: Some(Box::new(Param(0.0))) }), ["weight"]);
}
