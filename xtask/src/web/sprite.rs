//! An SVG sprite with all icons, for `<use href="…#name">`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result};

/// Joins icons into a sprite. Of the attributes of each `<svg>` only the view box
/// is kept: colour and stroke come from the page's stylesheet.
pub(crate) fn sprite<'a>(icons: impl Iterator<Item = (&'a str, impl AsRef<str>)>) -> Result<String> {
    let mut licences = BTreeSet::new();
    let mut symbols = String::new();
    for (name, text) in icons {
        let icon = parse(text.as_ref()).with_context(|| format!("assets/icons/{name}.svg is not an icon"))?;
        licences.extend(icon.licence);
        writeln!(symbols, "<symbol id=\"{name}\" viewBox=\"{}\">{}</symbol>", icon.view_box, icon.content)?;
    }
    let mut sprite = "<svg xmlns=\"http://www.w3.org/2000/svg\">\n".to_owned();
    for licence in licences {
        writeln!(sprite, "{licence}")?;
    }
    Ok(sprite + &symbols + "</svg>\n")
}

struct Icon {
    licence: Option<String>,
    view_box: String,
    content: String,
}

fn parse(text: &str) -> Option<Icon> {
    let (before, rest) = text.split_once("<svg")?;
    let licence = before.trim().starts_with("<!--").then(|| before.trim().to_owned());
    let (attributes, rest) = rest.split_once('>')?;
    let (_, view_box) = attributes.split_once("viewBox=\"")?;
    let (view_box, _) = view_box.split_once('"')?;
    let (content, _) = rest.rsplit_once("</svg>")?;
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Icon { licence, view_box: view_box.to_owned(), content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_becomes_a_symbol_and_a_licence_appears_once() {
        let icon =
            "<!-- ISC -->\n<svg\n  width=\"24\"\n  viewBox=\"0 0 24 24\"\n>\n  <path d=\"m1 1\" />\n</svg>\n";
        let sprite = sprite([("pencil", icon), ("phone", icon)].into_iter()).unwrap();
        assert_eq!(
            sprite,
            "<svg xmlns=\"http://www.w3.org/2000/svg\">\n<!-- ISC -->\n\
             <symbol id=\"pencil\" viewBox=\"0 0 24 24\"><path d=\"m1 1\" /></symbol>\n\
             <symbol id=\"phone\" viewBox=\"0 0 24 24\"><path d=\"m1 1\" /></symbol>\n</svg>\n"
        );
    }

    #[test]
    fn a_file_that_is_not_an_icon_is_named() {
        let error = sprite([("pencil", "<p>")].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "assets/icons/pencil.svg is not an icon");
    }
}
