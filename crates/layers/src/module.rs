//! Anything that holds parameters, and how to visit them by name.

use tenon_autodiff::LeafId;
use tenon_tensor::Array;
use tenon_tensor::shape::Shape;

use crate::param::Param;

/// Anything that holds parameters: a layer, a model, a list of layers.
///
/// Derive it: `#[derive(Module)]` visits every field. Paths are PyTorch's state-dict keys:
/// `conv1.weight`, `blocks.3.bias`. Buffers, which are state but not learned, are shown to those
/// visitors that ask for them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module: it does not say which parameters it holds",
    label = "add `#[derive(Module)]` to it, or `#[module(skip)]` to the field",
    note = "`Param`, layers, and `Vec`, `Option`, arrays, tuples and structs of modules are modules"
)]
pub trait Module {
    /// Shows every parameter to the visitor, in the order of declaration.
    fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor);

    /// Shows every parameter to the visitor, for writing, in the same order.
    fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut);
}

/// Is shown parameters.
pub trait Visitor {
    /// Is shown one parameter.
    fn param(&mut self, path: &str, id: LeafId, value: &Array<f32>);

    /// Is shown one [`Buffer`](crate::Buffer). Most visitors are about what is learned.
    fn buffer(&mut self, path: &str, id: LeafId, value: &Array<f32>) {
        let _ = (path, id, value);
    }

    /// Is shown one [`Counter`](crate::Counter).
    fn counter(&mut self, path: &str, id: LeafId, count: i64) {
        let _ = (path, id, count);
    }
}

impl<F: FnMut(&str, LeafId, &Array<f32>)> Visitor for F {
    fn param(&mut self, path: &str, id: LeafId, value: &Array<f32>) {
        self(path, id, value);
    }
}

/// Is shown parameters, for writing.
pub trait VisitorMut {
    /// Is shown one parameter. The dims must stay as they are.
    fn param(&mut self, path: &str, id: LeafId, value: &mut Array<f32>);

    /// Is shown one [`Buffer`](crate::Buffer). The dims must stay as they are.
    fn buffer(&mut self, path: &str, id: LeafId, value: &mut Array<f32>) {
        let _ = (path, id, value);
    }

    /// Is shown one [`Counter`](crate::Counter).
    fn counter(&mut self, path: &str, id: LeafId, count: &mut i64) {
        let _ = (path, id, count);
    }
}

impl<F: FnMut(&str, LeafId, &mut Array<f32>)> VisitorMut for F {
    fn param(&mut self, path: &str, id: LeafId, value: &mut Array<f32>) {
        self(path, id, value);
    }
}

/// Where a visit is: the names that lead to a parameter, joined by dots.
#[derive(Debug, Default)]
pub struct Path(String);

impl Path {
    /// The empty path, at which a visit starts.
    pub fn root() -> Self {
        Path::default()
    }

    /// Visits what lies under one more name.
    pub fn enter(&mut self, name: &str, visit: impl FnOnce(&mut Path)) {
        let before = self.0.len();
        if before > 0 {
            self.0.push('.');
        }
        self.0.push_str(name);
        visit(self);
        self.0.truncate(before);
    }

    /// The names joined by dots.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number of learned numbers.
///
/// # Example
/// ```
/// use tenon_layers::prelude::*;
/// let layer: Linear<U3, U2> = Init::init(&mut SeededRng::new(0));
/// assert_eq!(parameter_count(&layer), 8);
/// ```
pub fn parameter_count(module: &(impl Module + ?Sized)) -> usize {
    let mut n = 0;
    module.visit(&mut Path::root(), &mut |_: &str, _: LeafId, value: &Array<f32>| n += value.numel());
    n
}

impl<S: Shape> Module for Param<S> {
    fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
        visitor.param(path.as_str(), self.id(), self.value().array());
    }

    fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
        let (id, dims) = (self.id(), self.value().array().dims());
        visitor.param(path.as_str(), id, self.value_mut().array_mut());
        assert_eq!(self.value().array().dims(), dims, "a visitor changed the dims of {}", path.as_str());
    }
}

/// Modules that pass visitors on to what they hold.
macro_rules! passes_on {
    ($([$($generics:tt)*] $Type:ty: |$module:ident, $path:ident, $visit:ident| $each:expr;)*) => {$(
        impl<$($generics)*> Module for $Type {
            fn visit(&self, $path: &mut Path, visitor: &mut dyn Visitor) {
                let $module = self;
                let mut $visit = |module: &dyn Module, path: &mut Path| module.visit(path, visitor);
                $each
            }

            fn visit_mut(&mut self, $path: &mut Path, visitor: &mut dyn VisitorMut) {
                let $module = self;
                let mut $visit = |module: &mut dyn Module, path: &mut Path| module.visit_mut(path, visitor);
                $each
            }
        }
    )*};
}

passes_on! {
    [M: Module] Vec<M>: |modules, path, visit| {
        for (i, module) in (0_usize..).zip(modules) {
            path.enter(&i.to_string(), |path| visit(module, path));
        }
    };
    [M: Module, const N: usize] [M; N]: |modules, path, visit| {
        for (i, module) in (0_usize..).zip(modules) {
            path.enter(&i.to_string(), |path| visit(module, path));
        }
    };
    [M: Module] Option<M>: |module, path, visit| {
        if let Some(module) = module {
            visit(module, path);
        }
    };
}

impl<M: Module + ?Sized> Module for Box<M> {
    fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
        (**self).visit(path, visitor);
    }

    fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
        (**self).visit_mut(path, visitor);
    }
}

macro_rules! tuple {
    ($($M:ident $i:tt $name:literal),*) => {
        impl<$($M: Module),*> Module for ($($M,)*) {
            fn visit(&self, path: &mut Path, visitor: &mut dyn Visitor) {
                $(path.enter($name, |path| self.$i.visit(path, visitor));)*
            }

            fn visit_mut(&mut self, path: &mut Path, visitor: &mut dyn VisitorMut) {
                $(path.enter($name, |path| self.$i.visit_mut(path, visitor));)*
            }
        }
    };
}
tuple!(A 0 "0");
tuple!(A 0 "0", B 1 "1");
tuple!(A 0 "0", B 1 "1", C 2 "2");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4", F 5 "5");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4", F 5 "5", G 6 "6");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4", F 5 "5", G 6 "6", H 7 "7");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4", F 5 "5", G 6 "6", H 7 "7", I 8 "8");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4", F 5 "5", G 6 "6", H 7 "7", I 8 "8", J 9 "9");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4", F 5 "5", G 6 "6", H 7 "7", I 8 "8", J 9 "9", K 10 "10");
tuple!(A 0 "0", B 1 "1", C 2 "2", D 3 "3", E 4 "4", F 5 "5", G 6 "6", H 7 "7", I 8 "8", J 9 "9", K 10 "10", L 11 "11");
