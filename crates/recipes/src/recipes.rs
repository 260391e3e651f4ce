//! The list of recipes.

use crate::recipe::Recipe;

macro_rules! recipes {
    ($($file:ident,)+) => {
        $(mod $file;)+

        /// All recipes; the first is trained when none is named.
        pub(crate) static RECIPES: &[Recipe] = &[$($file::RECIPE),+];
    };
}
recipes! {
    lenet,
    mlp,
    fashion_resnet,
}

/// The recipe of this name.
pub(crate) fn find(name: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name)
}

/// The names of all recipes, for messages.
pub(crate) fn names() -> String {
    RECIPES.iter().map(|recipe| recipe.name).collect::<Vec<_>>().join(", ")
}
