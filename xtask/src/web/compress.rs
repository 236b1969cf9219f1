//! Compresses files, so that the server does not have to.

use std::io::Write;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Whether a file with this name should be compressed: fonts and pictures are
/// compressed already.
pub(crate) fn pays(path: &str) -> bool {
    const KINDS: [&str; 9] = ["html", "js", "css", "svg", "wasm", "json", "txt", "map", "webmanifest"];
    path.rsplit('.').next().is_some_and(|extension| KINDS.contains(&extension))
}

/// Compresses with gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Compresses with brotli.
pub(crate) fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let params =
        brotli::enc::BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params)?;
    Ok(packed)
}
