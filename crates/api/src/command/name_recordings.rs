//! The customer's name in their own voice.

use ringback_domain::CallbackId;
use ringback_domain::callback::Callback;
use ringback_domain::wire::callback::NameRecording;

use super::tx::Tx;
use crate::error::Error;
use crate::store::{callbacks, name_recordings};

async fn visible(tx: &mut Tx<'_>, id: CallbackId) -> Result<Callback, Error> {
    let visible = &tx.grant().visible;
    callbacks::find(tx.read(), id, visible).await?.ok_or(Error::NotFound("callback"))
}

/// Attaches a recording, in place of what was there.
///
/// # Errors
/// That the callback does not exist or is not visible.
pub async fn put(
    tx: &mut Tx<'_>,
    id: CallbackId,
    media_type: &str,
    content: &[u8],
) -> Result<Option<NameRecording>, Error> {
    let (callback, now) = (visible(tx, id).await?, tx.now());
    name_recordings::put(tx.write()?, id, media_type, content, now).await?;
    Ok(name_recordings::describe(tx.read(), &callback).await?)
}

/// Removes the recording, if there is one.
///
/// # Errors
/// That the callback does not exist or is not visible.
pub async fn remove(tx: &mut Tx<'_>, id: CallbackId) -> Result<(), Error> {
    visible(tx, id).await?;
    name_recordings::remove(tx.write()?, id).await?;
    Ok(())
}
