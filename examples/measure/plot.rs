//! The plot: time by round, then time and bytes by the number of parties, each axis with its unit.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Error;
use super::meter::END;
use super::sheet::{Row, Sheet, What};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const SIZE: (u32, u32) = (1400, 1700);
const LEGEND: i32 = 330;
const FONT: (&str, i32) = ("sans-serif", 16);

/// What is plotted: a protocol, its scheme, and the role that has most to do. Others are in the table.
const LINES: &[(&str, &str, &str)] = &[
    ("key generation", "FROST(Ed25519, SHA-512)", "member"),
    ("key generation", "ECDSA(secp256k1)", "member"),
    ("key set", "secp256k1 + Ed25519 + Taproot + P-256", "member"),
    ("refresh", "ECDSA(secp256k1)", "member"),
    ("reshare", "ECDSA(secp256k1)", "dealer and member"),
    ("repair", "ECDSA(secp256k1)", "helper"),
    ("import", "ECDSA(secp256k1)", "member"),
    ("FROST signature", "FROST(Ed25519, SHA-512)", "signer"),
    ("FROST signature", "FROST(secp256k1, BIP-340)", "signer"),
    ("pairing", "any", "device"),
    ("ECDSA signature", "ECDSA(secp256k1)", "signer"),
    ("ECDSA presignature", "ECDSA(secp256k1)", "signer"),
    ("ECDSA online", "ECDSA(secp256k1)", "signer"),
    ("ECDSA signature", "ECDSA(P-256)", "signer"),
];

fn name(line: &(&str, &str, &str)) -> String {
    let scheme = line.1.replace("FROST(", "").replace("ECDSA(", "").replace(')', "");
    let scheme = scheme.replace(", SHA-512", "").replace("secp256k1, BIP-340", "Taproot");
    match line.0 {
        "key set" => "key set of four".into(),
        "pairing" => "pairing".into(),
        protocol => format!("{protocol}, {scheme}"),
    }
}

/// Dark enough for lines on white.
const COLORS: [(u8, u8, u8); 14] = [
    (31, 119, 180),
    (214, 39, 40),
    (44, 140, 44),
    (230, 120, 10),
    (120, 80, 180),
    (120, 70, 55),
    (210, 80, 170),
    (20, 160, 175),
    (150, 150, 20),
    (0, 0, 0),
    (0, 60, 130),
    (130, 190, 90),
    (250, 130, 130),
    (120, 120, 120),
];

fn color(at: usize) -> RGBAColor {
    let (r, g, b) = COLORS.get(at).copied().unwrap_or_default();
    RGBColor(r, g, b).mix(1.0)
}

impl Sheet {
    fn of<'a>(&'a self, line: &'a (&str, &str, &str)) -> impl Iterator<Item = &'a Row> {
        let fits = |row: &&Row| (row.what.protocol.as_str(), row.what.scheme.as_str(), row.role) == *line;
        self.0.iter().filter(fits)
    }

    /// The thresholds of which there are rows, ascending.
    fn sizes(&self) -> Vec<(u16, u16)> {
        let mut sizes: Vec<_> = self.0.iter().map(|row| (row.what.n, row.what.t)).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes.into_iter().map(|(n, t)| (t, n)).collect()
    }
}

pub(crate) fn svg(sheet: &Sheet) -> Result<String, Error> {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let panels = root.split_evenly((3, 1));
        let [rounds, times, bytes] = &panels[..] else { return Err("three panels".into()) };
        by_round(sheet, rounds)?;
        let time = |row: &Row| row.compute + row.identity;
        by_size(
            sheet,
            times,
            ["time of one party, identity signatures included", "microseconds, logarithmic"],
            &time,
        )?;
        let sent = |row: &Row| row.sent as f64;
        by_size(
            sheet,
            bytes,
            ["bytes sent by one party, messages to all sent to each", "bytes, logarithmic"],
            &sent,
        )?;
        root.present()?;
    }
    Ok(text)
}

/// Powers of ten around the values.
fn decades(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values
        .filter(|value| *value > 0.0)
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return 1.0..10.0;
    }
    10_f64.powf(low.log10().floor())..10_f64.powf(high.log10().ceil()).max(low * 10.0)
}

fn legend(area: &Area<'_>, entries: &[(String, RGBAColor)]) -> Result<(), Error> {
    for (at, (text, color)) in entries.iter().enumerate() {
        let y = 50 + 24 * at as i32;
        area.draw(&Rectangle::new([(10, y), (30, y + 12)], color.filled()))?;
        area.draw(&Text::new(text.clone(), (38, y - 2), FONT.into_font()))?;
    }
    Ok(())
}

/// Bars: each protocol at the second smallest threshold (2-of-3 in both tables), a bar a round.
fn by_round(sheet: &Sheet, area: &Area<'_>) -> Result<(), Error> {
    let wanted = sheet.sizes().get(1).copied().unwrap_or((2, 3));
    let size = |what: &What| (what.t, what.n) == wanted || what.protocol == "pairing";
    let groups: Vec<_> = LINES
        .iter()
        .map(|line| (name(line), sheet.of(line).filter(|row| size(&row.what)).collect::<Vec<_>>()))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let range = decades(groups.iter().flat_map(|(_, rows)| rows.iter().map(|row| row.compute)));
    let (left, right) = area.split_horizontally(SIZE.0 as i32 - LEGEND);
    let title =
        format!("time of one party by round, {}-of-{} (us), identity signatures apart", wanted.0, wanted.1);
    let mut chart = ChartBuilder::on(&left)
        .caption(title, ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(78)
        .y_label_area_size(80)
        .build_cartesian_2d(-0.5..groups.len() as f64 - 0.5, range.clone().log_scale())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_desc("microseconds, logarithmic")
        .y_label_formatter(&|value| number(*value))
        .label_style(FONT)
        .axis_desc_style(FONT)
        .draw()?;
    // A color a round; the result has one of its own.
    let of_round = |round: u8| color(if round == END { 4 } else { usize::from(round) - 1 });
    for (at, (_, rows)) in groups.iter().enumerate() {
        let width = 0.8 / rows.len() as f64;
        chart.draw_series(rows.iter().enumerate().map(|(k, row)| {
            let x = at as f64 - 0.4 + width * k as f64;
            let top = row.compute.max(range.start);
            Rectangle::new([(x, range.start), (x + width * 0.92, top)], of_round(row.round).filled())
        }))?;
    }
    // The names under the groups, in words below each other.
    for (at, (name, _)) in groups.iter().enumerate() {
        let (x, y) = chart.backend_coord(&(at as f64, range.start));
        let (protocol, scheme) = name.split_once(", ").unwrap_or((name, ""));
        let words = protocol.split(' ').chain([scheme]).filter(|word| !word.is_empty());
        for (k, word) in words.enumerate() {
            let place = Pos::new(HPos::Center, VPos::Top);
            let style = ("sans-serif", 14).into_font().into_text_style(area).pos(place);
            area.draw(&Text::new(word.to_owned(), (x, y + 8 + 17 * k as i32), style))?;
        }
    }
    let rounds = ["round 1", "round 2", "round 3", "round 4", "to the result"];
    let entries: Vec<_> =
        rounds.iter().enumerate().map(|(at, text)| ((*text).to_owned(), color(at))).collect();
    legend(&right, &entries)
}

/// Lines: the sum over all rounds, against the threshold.
fn by_size(
    sheet: &Sheet,
    area: &Area<'_>,
    [title, unit]: [&str; 2],
    value: &dyn Fn(&Row) -> f64,
) -> Result<(), Error> {
    let sizes = sheet.sizes();
    let lines: Vec<_> = LINES
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let sum = |(t, n): &(u16, u16)| -> f64 {
                sheet.of(line).filter(|row| (row.what.t, row.what.n) == (*t, *n)).map(value).sum()
            };
            let points = sizes.iter().map(sum).enumerate().filter(|(_, y)| *y > 0.0);
            (at, name(line), points.map(|(x, y)| (x as f64, y)).collect::<Vec<_>>())
        })
        .filter(|(_, _, points)| !points.is_empty())
        .collect();
    let range = decades(lines.iter().flat_map(|line| line.2.iter().map(|point| point.1)));
    let (left, right) = area.split_horizontally(SIZE.0 as i32 - LEGEND);
    let label = |x: &f64| {
        let whole = (x.fract() == 0.0).then(|| sizes.get(*x as usize)).flatten();
        whole.map_or_else(String::new, |(t, n)| format!("{t}-of-{n}"))
    };
    let mut chart = ChartBuilder::on(&left)
        .caption(title, ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(60)
        .y_label_area_size(80)
        .build_cartesian_2d(-0.3..sizes.len() as f64 - 0.7, range.log_scale())?;
    chart
        .configure_mesh()
        .x_labels(sizes.len() * 2)
        .x_desc("threshold and parties (t-of-n); ECDSA and FROST are signed by t")
        .x_label_formatter(&label)
        .x_max_light_lines(1)
        .y_desc(unit)
        .y_label_formatter(&|value| number(*value))
        .label_style(FONT)
        .axis_desc_style(FONT)
        .draw()?;
    // Where two are the same, the smaller mark is on top.
    for (k, (at, _, points)) in lines.iter().enumerate() {
        let mark = 7 - (k % 4) as i32;
        chart.draw_series(LineSeries::new(points.clone(), color(*at).stroke_width(2)))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, mark, color(*at).filled())))?;
    }
    let entries: Vec<_> = lines.iter().map(|(at, name, _)| (name.clone(), color(*at))).collect();
    legend(&right, &entries)
}

/// A power of ten or a multiple, without its zeros.
fn number(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{}M", value / 1e6),
        value if value >= 1e3 => format!("{}k", value / 1e3),
        value => format!("{value}"),
    }
}
