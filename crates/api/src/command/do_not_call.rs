//! Commands on the do-not-call list.

use std::collections::HashMap;

use ringback_domain::do_not_call::{Covered, Entry, NumberPrefix, Scope};
use ringback_domain::wire::do_not_call::{
    AddDoNotCall, ImportedEntries, MAX_DO_NOT_CALL_CHARS, MAX_IMPORTED_LINES,
};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{DoNotCallId, Service};

use super::faults::Faults;
use super::tx::Tx;
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::phone;
use crate::store::{do_not_call, services};

/// Where an entry comes from unless it says so.
const MANUAL: &str = "manual";

/// Whether the caller may change entries of this scope. Whoever is limited to some services
/// has no say over others.
pub fn may_edit(grant: &Grant, scope: Scope) -> bool {
    match scope {
        Scope::All => grant.grantable.covers(None),
        Scope::Service(id) => grant.grantable.contains(id),
    }
}

/// Reads an entry, and says what is wrong with it where `place` puts its parts.
fn entry(
    tx: &mut Tx<'_>,
    known: &[Service],
    body: &AddDoNotCall,
    faults: &mut Faults,
    place: impl Fn(Field) -> Part,
) -> Option<Entry> {
    let mut country = "";
    if let Scope::Service(id) = body.scope {
        match known.iter().find(|service| service.id == id && tx.grant().visible.contains(id)) {
            Some(service) => country = &service.default_country,
            None => faults.add(place(Field::Scope), FieldCode::Unknown, "There is no such service."),
        }
    }
    if !may_edit(tx.grant(), body.scope) {
        let detail = "You may add entries for your own services only.";
        faults.add(place(Field::Scope), FieldCode::NotPermitted, detail);
    }
    let covered = match (&body.number, &body.prefix) {
        (Some(number), None) => match phone::read(number, country) {
            Ok(read) => Some(Covered::Number(read.number)),
            Err(error) => {
                faults.add(place(Field::Number), error.code(), error.to_string());
                None
            }
        },
        (None, Some(prefix)) => Some(Covered::Prefix(prefix.clone())),
        (None, None) => {
            faults.add(place(Field::Number), FieldCode::Required, "Give a `number` or a `prefix`.");
            None
        }
        (Some(_), Some(_)) => {
            faults.add(place(Field::Prefix), FieldCode::Conflict, "Give either `number` or `prefix`.");
            None
        }
    };
    let source = body.source.as_deref().unwrap_or(MANUAL);
    for (field, text) in [(Field::Reason, body.reason.as_str()), (Field::Source, source)] {
        if text.trim().is_empty() {
            faults.add(place(field), FieldCode::Required, "Say it in a few words.");
        } else if text.chars().count() > MAX_DO_NOT_CALL_CHARS {
            let detail = format!("Use at most {MAX_DO_NOT_CALL_CHARS} characters.");
            faults.add(place(field), FieldCode::TooLong, detail);
        }
    }
    if body.until.is_some_and(|until| until <= tx.now()) {
        faults.add(place(Field::Until), FieldCode::InThePast, "`until` must be in the future.");
    }
    Some(Entry {
        id: DoNotCallId(tx.new_id()),
        covered: covered?,
        scope: body.scope,
        reason: body.reason.trim().to_owned(),
        source: source.trim().to_owned(),
        until: body.until,
        created_at: tx.now(),
        created_by: tx.actor().name.clone(),
    })
}

/// Adds an entry, in place of one for the same numbers and scope.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong.
pub async fn add(tx: &mut Tx<'_>, body: &AddDoNotCall) -> Result<Entry, Error> {
    let known = services::list(tx.read()).await?;
    let mut faults = Faults::default();
    let entry = entry(tx, &known, body, &mut faults, Part::from);
    faults.check()?;
    let Some(entry) = entry else { return Err(Error::Internal(anyhow::anyhow!("an entry without numbers"))) };
    do_not_call::put(tx.write()?, std::slice::from_ref(&entry)).await?;
    let kept = do_not_call::find_same(tx.read(), &entry.covered, entry.scope).await?;
    let kept = kept.ok_or_else(|| Error::Internal(anyhow::anyhow!("an entry was not kept")))?;
    tx.audit_object(kept.id.0);
    tx.audit_detail("scope", kept.scope);
    tx.audit_detail("reason", &kept.reason);
    Ok(kept)
}

/// Removes an entry.
///
/// # Errors
/// That it does not exist or is not the caller's to remove.
pub async fn remove(tx: &mut Tx<'_>, id: DoNotCallId) -> Result<(), Error> {
    let found = do_not_call::find(tx.read(), id).await?;
    let entry = found.filter(|entry| may_edit(tx.grant(), entry.scope));
    let entry = entry.ok_or(Error::NotFound("do-not-call entry"))?;
    do_not_call::delete(tx.write()?, id).await?;
    tx.audit_detail("scope", entry.scope);
    tx.audit_detail("reason", &entry.reason);
    Ok(())
}

/// The columns of an import. A `number` that ends with `*` is a prefix.
pub const COLUMNS: [&str; 5] = ["number", "scope", "reason", "source", "until"];

/// A line of an import as an entry to add.
fn line(
    record: &csv::StringRecord,
    columns: &[usize; 5],
) -> Result<AddDoNotCall, (Field, FieldCode, String)> {
    let cell = |column: usize| record.get(columns[column]).unwrap_or_default().trim();
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let scope = match cell(1) {
        "" => Scope::All,
        text => text.parse().map_err(|error: ringback_domain::do_not_call::BadScope| {
            (Field::Scope, FieldCode::InvalidValue, error.to_string())
        })?,
    };
    let until = match cell(4) {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            (Field::Until, FieldCode::InvalidValue, "Use a time such as 2027-01-01T00:00:00Z.".to_owned())
        })?),
    };
    let (number, prefix) = match cell(0).strip_suffix('*') {
        None => (given(cell(0)), None),
        Some(prefix) => {
            let prefix = NumberPrefix::try_from(prefix.to_owned())
                .map_err(|error| (Field::Number, FieldCode::InvalidValue, error.to_string()))?;
            (None, Some(prefix))
        }
    };
    Ok(AddDoNotCall { number, prefix, scope, reason: cell(2).to_owned(), source: given(cell(3)), until })
}

/// Takes in a CSV file with a heading, all of its lines or none. Of several lines for the same
/// numbers and scope the last one counts.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong, by line.
pub async fn import(tx: &mut Tx<'_>, text: &[u8]) -> Result<ImportedEntries, Error> {
    let malformed = |error: csv::Error| {
        Error::invalid(Part::Whole, FieldCode::InvalidValue, format!("This is not a CSV file: {error}."))
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let headings = reader.headers().map_err(malformed)?.clone();
    let index = |name: &str| headings.iter().position(|heading| heading.trim().eq_ignore_ascii_case(name));
    let columns = COLUMNS.map(|name| index(name).unwrap_or(usize::MAX));
    if columns[0] == usize::MAX || columns[2] == usize::MAX {
        let detail = format!("The first line names the columns: {}.", COLUMNS.join(", "));
        return Err(Error::invalid(Part::Whole, FieldCode::Required, detail));
    }
    let known = services::list(tx.read()).await?;
    let (mut faults, mut entries) = (Faults::default(), HashMap::new());
    for (index, record) in reader.records().enumerate() {
        if index == MAX_IMPORTED_LINES {
            let detail = format!("Import at most {MAX_IMPORTED_LINES} lines at a time.");
            return Err(Error::invalid(Part::Whole, FieldCode::TooLong, detail));
        }
        let place = |field| Part::FieldOfItem(Field::Lines, index, field);
        match line(&record.map_err(malformed)?, &columns) {
            Err((field, code, detail)) => faults.add(place(field), code, detail),
            Ok(body) => {
                if let Some(entry) = entry(tx, &known, &body, &mut faults, place) {
                    entries.insert((entry.covered.clone(), entry.scope), entry);
                }
            }
        }
    }
    faults.check()?;
    let entries: Vec<Entry> = entries.into_values().collect();
    let result = compare(tx, &entries).await?;
    do_not_call::put(tx.write()?, &entries).await?;
    tx.audit_detail("imported", result.imported);
    tx.audit_detail("added", result.added);
    tx.audit_detail("changed", result.changed);
    Ok(result)
}

/// What taking these entries in does to those that are kept.
async fn compare(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<ImportedEntries, Error> {
    let kept = do_not_call::of_same(tx.read(), entries).await?;
    let kept: HashMap<_, _> = kept.iter().map(|entry| ((&entry.covered, entry.scope), entry)).collect();
    let (mut added, mut changed) = (0, 0);
    for entry in entries {
        match kept.get(&(&entry.covered, entry.scope)) {
            None => added += 1,
            Some(old) => {
                let (now, before) = [entry, old].map(|of| (&of.reason, &of.source, of.until)).into();
                changed += u32::from(now != before);
            }
        }
    }
    Ok(ImportedEntries { imported: u32::try_from(entries.len()).unwrap_or(u32::MAX), added, changed })
}
