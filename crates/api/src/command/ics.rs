//! Calendar files (RFC 5545): all-day events as exceptions of a calendar, and back.

use std::collections::BTreeMap;

use icalendar::parser::unfold;
use icalendar::{Calendar, CalendarDateTime, Component, DatePerhapsTime, Event, EventLike, EventStatus};
use ringback_domain::calendar::office_hours::{DateException, OpenInterval};
use ringback_domain::calendar::schedule::check_day;
use ringback_domain::wire::calendar::{
    ImportedCalendar, MAX_EXCEPTIONS, MAX_IMPORTED_EVENTS, MAX_LABEL_CHARS, MAX_SOURCE_CHARS,
    OfficeHoursCalendar, SkipReason, SkippedEvent,
};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{CalendarId, LocalDate, Timestamp};

use super::expected::Expected;
use super::rules;
use super::tx::Tx;
use crate::error::Error;
use crate::fault::Part;
use crate::store::rules::{self as kept_rules, Kept};
use crate::time_zone;

/// What begins the source of an exception that was imported; the UID of its event follows.
const SOURCE: &str = "ics:";

/// The hours of an exception that is not closed all day, in a file of our own.
const HOURS: &str = "X-RINGBACK-HOURS";

/// How deep parts of a file may lie in each other: the parser goes down into each.
const MAX_DEPTH: u32 = 8;

/// What an event says about dates.
struct Said {
    label: Option<String>,
    hours: Vec<OpenInterval>,
    dates: Vec<LocalDate>,
}

fn malformed(detail: impl Into<String>) -> Error {
    Error::invalid(Part::Whole, FieldCode::InvalidValue, detail)
}

/// Reads a file.
fn parse(file: &[u8]) -> Result<Calendar, Error> {
    let text = std::str::from_utf8(file).map_err(|_| malformed("The file must be written in UTF-8."))?;
    let text = unfold(text.trim_start_matches('\u{feff}'));
    let (mut depth, mut lines) = (0_u32, 0);
    for line in text.lines().map(str::trim_ascii_end).filter(|line| !line.is_empty()) {
        lines += 1;
        if lines == 1 && !line.eq_ignore_ascii_case("BEGIN:VCALENDAR") {
            return Err(malformed("This is not a calendar file: it begins with BEGIN:VCALENDAR."));
        }
        let word = line.split(':').next().unwrap_or_default();
        if word.eq_ignore_ascii_case("BEGIN") {
            depth += 1;
        } else if word.eq_ignore_ascii_case("END") {
            depth = depth.saturating_sub(1);
        }
        if depth > MAX_DEPTH {
            return Err(malformed("The parts of this calendar file lie too deep in each other."));
        }
    }
    if lines == 0 || depth > 0 {
        return Err(malformed("This calendar file is not complete: an END is missing."));
    }
    text.parse().map_err(|_| malformed("This calendar file cannot be read. Export it anew as iCalendar."))
}

/// The UID of an event, if it can be kept.
fn uid(event: &Event) -> Option<&str> {
    let uid = event.get_uid()?.trim();
    let fits = !uid.is_empty() && SOURCE.len() + uid.chars().count() <= MAX_SOURCE_CHARS;
    (fits && !uid.chars().any(char::is_control)).then_some(uid)
}

fn local(date: chrono::NaiveDate) -> Option<LocalDate> {
    date.to_string().parse().ok()
}

/// Whether an event has a property, once or several times.
fn has(event: &Event, name: &str) -> bool {
    event.properties().contains_key(name) || event.multi_properties().contains_key(name)
}

/// The dates of an all-day event, of which the end is not one.
fn dates(event: &Event) -> Result<Vec<LocalDate>, SkipReason> {
    let day = |at: Option<DatePerhapsTime>| match at {
        Some(DatePerhapsTime::Date(date)) => local(date).map(Some).ok_or(SkipReason::NoDate),
        Some(DatePerhapsTime::DateTime(
            CalendarDateTime::Floating(_) | CalendarDateTime::Utc(_) | CalendarDateTime::WithTimezone { .. },
        )) => Err(SkipReason::NotAllDay),
        None => Ok(None),
    };
    let begin = day(event.get_start())?.ok_or(SkipReason::NoDate)?;
    // Some programs write the same date as begin and end.
    let end = day(event.get_end())?.filter(|end| *end != begin).unwrap_or(begin.plus_days(1));
    let most = i64::try_from(MAX_EXCEPTIONS).unwrap_or(i64::MAX);
    let length = end.days() - begin.days();
    if !(1..=most).contains(&length) {
        return Err(SkipReason::NoDate);
    }
    Ok((0..length).map(|days| begin.plus_days(days)).collect())
}

fn label(event: &Event) -> Option<String> {
    let text = event.get_summary()?;
    let text = text.split(|char: char| char.is_control() || char.is_whitespace());
    let text = text.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let text: String = text.chars().take(MAX_LABEL_CHARS).collect();
    (!text.is_empty()).then_some(text)
}

/// The hours of an event of our own; none for any other, which closes its dates.
fn hours(event: &Event) -> Option<Vec<OpenInterval>> {
    let Some(text) = event.property_value(HOURS) else { return Some(Vec::new()) };
    let interval = |text: &str| {
        let (from, to) = text.split_once('-')?;
        serde_json::from_value(serde_json::json!({"from": from, "to": to})).ok()
    };
    let hours: Vec<OpenInterval> = text.split_whitespace().map(interval).collect::<Option<_>>()?;
    (!hours.is_empty() && check_day(&hours).is_ok()).then_some(hours)
}

/// What an event says from today on.
fn said(event: &Event, today: LocalDate) -> Result<Said, SkipReason> {
    if ["RRULE", "RDATE"].iter().any(|name| has(event, name)) {
        return Err(SkipReason::Repeats);
    }
    let hours = hours(event).ok_or(SkipReason::NoDate)?;
    let mut dates = dates(event)?;
    dates.retain(|date| *date >= today);
    if dates.is_empty() { Err(SkipReason::Past) } else { Ok(Said { label: label(event), hours, dates }) }
}

/// Takes the all-day events of a file into a calendar, which is closed on their dates. An event that was
/// imported before takes its new dates and label; other exceptions stay, and count before it.
///
/// # Errors
/// That the calendar does not exist or has another version; [`Error::Invalid`] where the file cannot be
/// read, or has too much in it.
pub async fn import(
    tx: &mut Tx<'_>,
    id: CalendarId,
    expected: Expected,
    file: &[u8],
) -> Result<(Kept<OfficeHoursCalendar>, ImportedCalendar), Error> {
    let found = kept_rules::find::<OfficeHoursCalendar>(tx.read(), id.0).await?;
    let mut kept = found.ok_or(Error::NotFound("calendar"))?;
    expected.check(kept.version, None)?;
    let file = parse(file)?;
    if file.events().count() > MAX_IMPORTED_EVENTS {
        let detail = format!("Import at most {MAX_IMPORTED_EVENTS} events at a time.");
        return Err(Error::invalid(Part::Whole, FieldCode::TooLong, detail));
    }
    let clock = time_zone::clock(&kept.rule.time_zone, tx.now()).ok_or(Error::NotFound("calendar"))?;
    let today = clock.shown(tx.now()).date;
    let outcome = take_in(&mut kept.rule.exceptions, &file, today);
    if kept.rule.exceptions.len() > MAX_EXCEPTIONS {
        let detail = format!("With these events there are more than {MAX_EXCEPTIONS} exceptions.");
        return Err(Error::invalid(Part::Whole, FieldCode::TooLong, detail));
    }
    tx.audit_detail("new", outcome.new);
    tx.audit_detail("changed", outcome.changed);
    if outcome.new + outcome.changed > 0 {
        kept = rules::update(tx, kept).await?;
    }
    Ok((kept, outcome))
}

fn take_in(exceptions: &mut Vec<DateException>, file: &Calendar, today: LocalDate) -> ImportedCalendar {
    let mut outcome = ImportedCalendar::default();
    let mut events: BTreeMap<&str, Vec<Said>> = BTreeMap::new();
    for event in file.events() {
        let mut skip = |uid: Option<&str>, reason| {
            outcome.skipped.push(SkippedEvent { uid: uid.map(str::to_owned), date: None, reason });
        };
        let Some(uid) = uid(event) else {
            skip(None, SkipReason::NoUid);
            continue;
        };
        if event.get_status() == Some(EventStatus::Cancelled) {
            skip(Some(uid), SkipReason::Cancelled);
            // What it said before counts no more.
            events.entry(uid).or_default();
            continue;
        }
        match said(event, today) {
            Ok(said) => events.entry(uid).or_default().push(said),
            Err(reason) => skip(Some(uid), reason),
        }
    }
    for (uid, said) in events {
        put(exceptions, uid, &said, today, &mut outcome);
    }
    exceptions.sort_by_key(|exception| exception.date);
    outcome
}

/// Puts the dates of an event, of which there may be several of one UID, in place of those that it had.
fn put(
    exceptions: &mut Vec<DateException>,
    uid: &str,
    said: &[Said],
    today: LocalDate,
    outcome: &mut ImportedCalendar,
) {
    let source = format!("{SOURCE}{uid}");
    let is_said = |date: LocalDate| said.iter().any(|said| said.dates.contains(&date));
    let before = exceptions.len();
    exceptions.retain(|one| one.source != source || one.date < today || is_said(one.date));
    outcome.changed += u32::try_from(before - exceptions.len()).unwrap_or(u32::MAX);
    for said in said {
        for date in &said.dates {
            let exception = DateException {
                date: *date,
                closed: said.hours.is_empty(),
                hours: said.hours.clone(),
                label: said.label.clone(),
                source: source.clone(),
            };
            match exceptions.iter_mut().find(|one| one.date == *date) {
                None => {
                    exceptions.push(exception);
                    outcome.new += 1;
                }
                Some(same) if *same == exception => outcome.unchanged += 1,
                Some(same) if same.source == source => {
                    *same = exception;
                    outcome.changed += 1;
                }
                Some(_) => outcome.skipped.push(SkippedEvent {
                    uid: Some(uid.to_owned()),
                    date: Some(*date),
                    reason: SkipReason::Taken,
                }),
            }
        }
    }
}

/// The exceptions of a calendar as a file of all-day events.
pub fn export(id: CalendarId, calendar: &OfficeHoursCalendar, now: Timestamp) -> String {
    let mut file = Calendar::new();
    file.name(&calendar.name);
    let written = |date: LocalDate| date.to_string().parse::<chrono::NaiveDate>().ok();
    let stamp = chrono::DateTime::from_timestamp_micros(now.micros());
    for exception in &calendar.exceptions {
        let (Some(begin), Some(end)) = (written(exception.date), written(exception.date.plus_days(1))) else {
            continue;
        };
        let mut event = Event::with_uid(&format!("{}-{id}@ringback", exception.date));
        event.starts(begin).ends(end).summary(exception.label.as_deref().unwrap_or("Closed"));
        if let Some(stamp) = stamp {
            event.timestamp(stamp);
        }
        if !exception.closed {
            let hours = exception.hours.iter().map(|interval| format!("{}-{}", interval.from, interval.to));
            event.add_property(HOURS, hours.collect::<Vec<_>>().join(" "));
        }
        file.push(event.done());
    }
    file.done().to_string()
}
