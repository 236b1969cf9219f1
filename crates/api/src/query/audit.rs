//! The audit: its list, and whether its chain is sound.

use ringback_domain::wire::audit::{AUDIT_PAGE_LIMIT, AuditPage, AuditQuery};
use ringback_domain::wire::problem::FieldCode;

use super::Queries;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::store::Store;
use crate::store::audit::{self, Link, Place, hex};

/// Entries that are verified at once.
const CHUNK: i64 = 1_000;

impl Queries {
    /// A page of the entries that match, newest first. What is not sealed yet, for a second at
    /// most, is not among them.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the query is invalid.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, Error> {
        let invalid = |field, code, detail: &str| Error::invalid(Part::Parameter(field), code, detail);
        let limit = query.limit.unwrap_or(AUDIT_PAGE_LIMIT);
        if !(1..=AUDIT_PAGE_LIMIT).contains(&limit) {
            let detail = format!("`limit` must be between 1 and {AUDIT_PAGE_LIMIT}.");
            return Err(invalid(Field::Limit, FieldCode::OutOfRange, &detail));
        }
        if query.from.zip(query.to).is_some_and(|(from, to)| from >= to) {
            return Err(invalid(Field::To, FieldCode::InvalidValue, "`to` must be after `from`."));
        }
        let after = query.cursor.as_deref().map(|text| {
            let unknown = "Unknown cursor. Use `next` of a page.";
            decode(text).ok_or_else(|| invalid(Field::Cursor, FieldCode::InvalidValue, unknown))
        });
        let mut conn = self.store.read().await?;
        let (items, end) = audit::list(&mut conn, query, after.transpose()?, limit).await?;
        Ok(AuditPage { items, next: end.map(|(at, number)| format!("{at}-{number}")) })
    }
}

fn decode(cursor: &str) -> Option<Place> {
    let (at, number) = cursor.split_once('-')?;
    Some((at.parse().ok()?, number.parse().ok()?))
}

/// What verifying the audit found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Entries that are as they were sealed, before the first fault.
    pub sound: u64,
    /// The last of them.
    pub last: Link,
    /// Up to here entries were removed since they are old.
    pub anchor: i64,
    /// Entries that wait to be sealed.
    pub waiting: i64,
    /// The first entry that was changed, removed or inserted.
    pub fault: Option<String>,
}

/// Follows the chain from its first entry to the last one.
///
/// # Errors
/// That the database cannot be read.
pub async fn verify(store: &Store) -> Result<Verdict, Error> {
    let mut conn = store.read().await?;
    // What is sealed from now on is not looked at.
    let head = audit::head(&mut conn).await?;
    let anchor = audit::anchor(&mut conn).await?;
    let waiting = audit::count_waiting(&mut conn).await?;
    let mut verdict = Verdict { sound: 0, last: anchor, anchor: anchor.number, waiting, fault: None };
    'chunks: loop {
        let rows = audit::after(&mut conn, verdict.last.number, CHUNK).await?;
        let is_end = rows.is_empty();
        for row in rows {
            let expected = verdict.last.number + 1;
            if row.number > expected {
                let anchor = audit::anchor(&mut conn).await?;
                // Old entries were removed meanwhile.
                if anchor.number >= expected {
                    (verdict.last, verdict.anchor) = (anchor, anchor.number);
                    continue 'chunks;
                }
            }
            verdict.fault = if expected > head.number {
                // A server may have sealed it meanwhile.
                if audit::head(&mut conn).await?.number >= row.number {
                    return Ok(verdict);
                }
                Some(format!("Entry {} was inserted: entry {} is the last one.", row.number, head.number))
            } else if row.number != expected {
                Some(format!("Entry {expected} was removed."))
            } else if !row.is_intact() {
                Some(format!("Entry {expected} was changed."))
            } else if row.previous_hash != verdict.last.hash {
                Some(format!("Entry {expected} does not follow the one before it: one of them was changed."))
            } else {
                None
            };
            if verdict.fault.is_some() {
                return Ok(verdict);
            }
            let Ok(hash) = row.hash.try_into() else { continue };
            verdict.last = Link { number: expected, hash };
            verdict.sound += 1;
        }
        if is_end {
            break;
        }
    }
    if verdict.last.number < head.number {
        verdict.fault = Some(format!("Entry {} was removed.", verdict.last.number + 1));
    } else if verdict.last != head {
        let (number, hash) = (head.number, hex(&head.hash));
        verdict.fault = Some(format!("Entry {number} was changed: its hash was {hash}."));
    }
    Ok(verdict)
}
