//! The paths of the document, and what may be done with them.

/// Paths of the API, to tell a wrong method from a wrong path.
#[derive(Debug)]
pub struct KnownPaths(Vec<(actix_web::dev::ResourceDef, String)>);

impl KnownPaths {
    /// Those of a document.
    pub fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let paths = document.paths.paths.iter().map(|(path, item)| {
            let methods = [
                (item.get.is_some(), "GET, HEAD"),
                (item.post.is_some(), "POST"),
                (item.put.is_some(), "PUT"),
                (item.patch.is_some(), "PATCH"),
                (item.delete.is_some(), "DELETE"),
            ];
            let allowed: Vec<&str> = methods.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
            (actix_web::dev::ResourceDef::new(path.as_str()), allowed.join(", "))
        });
        Self(paths.collect())
    }

    /// The methods of the path that matches.
    pub fn allowed(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.is_match(path)).map(|(_, allowed)| allowed.as_str())
    }

    /// The methods of a path without parameters.
    pub fn allowed_exactly(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.pattern() == Some(path)).map(|(_, allowed)| allowed.as_str())
    }
}
