//! P10: start, memory and size.

use std::time::Duration;

use crate::Bench;
use crate::client::Result;
use crate::report::{self, Single};
use crate::subject::Subject;

/// How long an allocator may take to release the memory of the log-in.
const SETTLE: Duration = Duration::from_secs(5);

/// The figures of one build.
struct Measured {
    start: f64,
    idle: f64,
    own: f64,
    size: f64,
}

/// KiB as MB of a million bytes.
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn megabytes(kib: u64) -> f64 {
    (kib * 1_024) as f64 / 1e6
}

async fn subject(subject: &mut Subject) -> Result<Measured> {
    subject.stop().await?;
    subject.start().await?;
    let start = subject.process()?.started_in.as_secs_f64() * 1e3;
    subject.log_in().await?;
    tokio::time::sleep(SETTLE).await;
    let process = subject.process()?;
    Ok(Measured {
        start,
        idle: megabytes(process.memory("VmRSS")?),
        own: megabytes(process.memory("RssAnon")?),
        size: megabytes(subject.size()? / 1_024),
    })
}

pub(crate) async fn measure(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P10", "start, memory and size");
    report::values();
    let peak = megabytes(bench.ours.peak()?);
    let ours = subject(&mut bench.ours).await?;
    let beside = match &mut bench.beside {
        Some(other) => Some(subject(other).await?),
        None => None,
    };
    let beside = |part: fn(&Measured) -> f64| beside.as_ref().map(part);
    for (label, part, at_most) in [
        (
            "from the start of the program until it listens, ms",
            (|it| it.start) as fn(&Measured) -> f64,
            Some(300.0),
        ),
        ("resident after a start and a log-in, MB", |it| it.idle, Some(60.0)),
        ("of that its own, without the files that it maps, MB", |it| it.own, None),
        ("size of the program, MB", |it| it.size, None),
    ] {
        let (ours, beside) = (part(&ours), beside(part));
        bench.report.value(&Single { label, ours, beside, at_most, ..Single::default() });
    }
    let label = "most that was resident in the measurements so far, MB";
    bench.report.value(&Single { label, ours: peak, at_most: Some(300.0), ..Single::default() });
    report::note("What is resident includes the pages of a SQLite file that the server maps.");
    Ok(())
}
