//! Markup as text, for elements that occur thousands of times on a page:
//! browsers parse it faster than they build it from single calls. Values are
//! escaped unless they are markup themselves.

use std::fmt::{self, Display, Formatter};

/// Escaped markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

/// Fills in a template. Attribute values must be in double quotes.
macro_rules! markup {
    ($template:literal $(, $part:expr)* $(,)?) => {
        $crate::components::markup::Markup::filled(
            format_args!($template $(, $crate::components::markup::Part::part(&$part))*)
        )
    };
}
pub(crate) use markup;

impl Markup {
    /// Used by the macro.
    pub(crate) fn filled(template: fmt::Arguments<'_>) -> Self {
        Self(template.to_string())
    }

    /// The text for `innerHTML`.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

/// A value that can be put into a template.
pub(crate) trait Part {
    /// The escaped value.
    fn part(&self) -> impl Display;
}

impl Part for Markup {
    fn part(&self) -> impl Display {
        &self.0
    }
}

impl Part for Option<Markup> {
    fn part(&self) -> impl Display {
        self.as_ref().map_or("", Markup::as_str)
    }
}

impl Part for str {
    fn part(&self) -> impl Display {
        Escaped(self)
    }
}

impl<T: Part + ?Sized> Part for &T {
    fn part(&self) -> impl Display {
        (**self).part()
    }
}

impl Part for String {
    fn part(&self) -> impl Display {
        Escaped(self)
    }
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"']) {
            out.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                b'&' => out.write_str("&amp;")?,
                b'<' => out.write_str("&lt;")?,
                b'>' => out.write_str("&gt;")?,
                _ => out.write_str("&quot;")?,
            }
            rest = &rest[at + 1..];
        }
        out.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_tag_or_leaves_its_attribute() {
        let text = "<b title=\"x\">&amp;";
        let inner = markup!("<i title=\"{}\">{}</i>", text, text.to_owned());
        let escaped = "&lt;b title=&quot;x&quot;&gt;&amp;amp;";
        assert_eq!(inner.as_str(), format!("<i title=\"{escaped}\">{escaped}</i>"));
        assert_eq!(
            markup!("<p>{}{}</p>", inner, None::<Markup>).as_str(),
            format!("<p>{}</p>", inner.as_str())
        );
    }
}
