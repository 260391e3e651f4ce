//! The list of recipes.

use std::path::Path;

use tenon_train::RunFolder;

use crate::error::Error;
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
    char_lstm,
    shakespeare_gpt,
}

pub(crate) use char_lstm::CharLstm;
pub(crate) use shakespeare_gpt::ShakespeareGpt;

/// The recipe of this name.
pub(crate) fn find(name: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name)
}

/// The folder of an earlier run, and the recipe that made it.
pub(crate) fn of_run(path: &Path) -> Result<(RunFolder, &'static Recipe), Error> {
    let (run, info) = RunFolder::open(path)?;
    let recipe = find(&info.recipe).ok_or_else(|| Error::RecipeOfRun {
        path: path.join("run.json"),
        expected: names(),
        found: info.recipe.clone(),
    })?;
    Ok((run, recipe))
}

/// The names of all recipes, for messages.
pub(crate) fn names() -> String {
    RECIPES.iter().map(|recipe| recipe.name).collect::<Vec<_>>().join(", ")
}
