//! The languages of the page: the lines of its head that list them, and their texts.

#[path = "../../../crates/web/catalogue.rs"]
mod catalogue;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Error, Result};

/// What browsers load of the languages.
pub(crate) struct Languages {
    /// The lines of the head, with placeholders for the addresses of the texts.
    pub(crate) head: String,
    /// The texts of the first view by placeholder.
    pub(crate) texts: BTreeMap<String, Vec<u8>>,
    /// Those that are loaded with the second module.
    pub(crate) later: BTreeMap<String, Vec<u8>>,
}

impl Languages {
    /// Reads all languages of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let languages = catalogue::read(folder).map_err(Error::msg)?;
        let mut this = Self { head: String::new(), texts: BTreeMap::new(), later: BTreeMap::new() };
        for language in &languages {
            let (tag, about) = (&language.tag, &language.about);
            writeln!(
                this.head,
                r#"<meta name="ui-language" content="{tag}" data-name="{}" data-locale="{}" data-direction="{}" data-texts="{{{{{tag}.txt}}}}" data-later-texts="{{{{{tag}-later.txt}}}}">"#,
                about.name, about.locale, about.direction
            )?;
            let reference = &languages[0];
            let lines = catalogue::lines(&language.texts, &reference.texts);
            this.texts.insert(format!("{tag}.txt"), lines.into_bytes());
            let lines = catalogue::lines(&language.later, &reference.later);
            this.later.insert(format!("{tag}-later.txt"), lines.into_bytes());
        }
        Ok(this)
    }
}
