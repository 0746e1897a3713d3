//! The table: medians over repetitions and over the parties of one role.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use quorate::session::Traffic;

use super::Error;
use super::meter::{Cost, END, Played};

/// What a row is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct What {
    pub(crate) protocol: String,
    pub(crate) scheme: String,
    pub(crate) t: u16,
    pub(crate) n: u16,
}

/// One round of one role.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) what: What,
    pub(crate) role: &'static str,
    /// The number in the header, or [`END`].
    pub(crate) round: u8,
    pub(crate) traffic: Traffic,
    /// Bytes out, each message to all counted for each receiver.
    pub(crate) sent: usize,
    /// Medians, in microseconds.
    pub(crate) compute: f64,
    pub(crate) identity: f64,
    /// The least of the first, which a busy machine does not change.
    pub(crate) least: f64,
    /// The most, in bytes.
    pub(crate) heap: usize,
    /// How many values the medians are of.
    pub(crate) samples: usize,
}

impl Row {
    pub(crate) fn round(&self) -> String {
        if self.round == END { "result".into() } else { self.round.to_string() }
    }
}

/// All rows, in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Sheet(pub(crate) Vec<Row>);

impl Sheet {
    /// Takes the repetitions of one run; all of one role must have sent and received the same.
    pub(crate) fn add<O>(&mut self, what: &What, repetitions: &[Vec<Played<O>>]) -> Result<(), Error> {
        let mut roles: Vec<&'static str> = Vec::new();
        for party in repetitions.iter().flatten().filter(|party| party.role != "idle") {
            if !roles.contains(&party.role) {
                roles.push(party.role);
            }
        }
        for role in roles {
            let of_role: Vec<_> = repetitions.iter().flatten().filter(|party| party.role == role).collect();
            let mut rounds: BTreeMap<u8, (Traffic, Vec<Cost>)> = BTreeMap::new();
            for party in &of_role {
                for traffic in &party.traffic {
                    rounds.entry(traffic.round).or_insert((*traffic, Vec::new()));
                }
                for (round, cost) in &party.rounds {
                    let seen = party.traffic.iter().find(|t| t.round == *round).copied();
                    let seen = seen.unwrap_or(Traffic { round: *round, ..Traffic::default() });
                    let (traffic, costs) = rounds.entry(*round).or_insert((seen, Vec::new()));
                    if *traffic != seen {
                        return Err(format!("{what:?}, {role} {}: {seen:?} and {traffic:?}", party.me).into());
                    }
                    costs.push(*cost);
                }
            }
            for (round, (traffic, costs)) in rounds {
                self.0.push(Row {
                    what: what.clone(),
                    role,
                    round,
                    traffic,
                    sent: costs.iter().map(|cost| cost.sent).max().unwrap_or(0),
                    compute: median(costs.iter().map(|cost| cost.compute)),
                    least: costs.iter().map(|cost| cost.compute).min().unwrap_or_default().as_secs_f64()
                        * 1e6,
                    identity: median(costs.iter().map(|cost| cost.identity)),
                    heap: costs.iter().map(|cost| cost.heap).max().unwrap_or(0),
                    samples: costs.len(),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn csv(&self) -> String {
        let mut out = String::from(
            "protocol,scheme,t,n,role,round,messages_out,bytes_out,bytes_out_to_each,messages_in,bytes_in,\
             compute_us,compute_least_us,identity_us,step_heap_bytes,samples\n",
        );
        for row in &self.0 {
            let (What { protocol, scheme, t, n }, traffic) = (&row.what, row.traffic);
            let _ = writeln!(
                out,
                "{protocol},\"{scheme}\",{t},{n},{},{},{},{},{},{},{},{:.1},{:.1},{:.1},{},{}",
                row.role,
                row.round(),
                traffic.messages_out,
                traffic.bytes_out,
                row.sent,
                traffic.messages_in,
                traffic.bytes_in,
                row.compute,
                row.least,
                row.identity,
                row.heap,
                row.samples,
            );
        }
        out
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = String::from(HEAD);
        let mut last = None;
        for row in &self.0 {
            // What stands in the row above is not said again.
            let new = last.replace((&row.what, row.role)) != Some((&row.what, row.role));
            let name = |text: String| if new { text } else { String::new() };
            let traffic = row.traffic;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.0} | {:.0} | {:.0} | {:.1} | {} |",
                name(row.what.protocol.clone()),
                name(row.what.scheme.clone()),
                name(format!("{}-of-{}", row.what.t, row.what.n)),
                name(row.role.into()),
                row.round(),
                traffic.messages_out,
                traffic.bytes_out,
                row.sent,
                traffic.messages_in,
                traffic.bytes_in,
                row.compute,
                row.least,
                row.identity,
                row.heap as f64 / 1024.0,
                row.samples,
            );
        }
        out
    }
}

const HEAD: &str = "\
What a round costs one party. Time: to make the messages of the round, and after the last to the result (median and least, us); identity: signing its
own envelopes of the round and verifying the others' (median). A message to all counts once in \"bytes out\" and for each receiver in \"to each\". Heap: the most that a
step took beyond what was there before, KiB.

| protocol | scheme | t-of-n | role | round | messages out | bytes out | to each | messages in | bytes in | time | least | identity | heap | samples |
|---|---|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

fn median(times: impl Iterator<Item = Duration>) -> f64 {
    let mut times: Vec<f64> = times.map(|time| time.as_secs_f64() * 1e6).collect();
    times.sort_by(f64::total_cmp);
    let at = |k: usize| times.get(k).copied().unwrap_or(0.0);
    (at(times.len().saturating_sub(1) / 2) + at(times.len() / 2)) / 2.0
}
