//! Bars, drawn into the page.

/// Height of a chart in its own units.
const HEIGHT: u32 = 100;
/// Width of a bar and of the gap behind it.
const BAR: usize = 8;
const GAP: usize = 2;

/// A bar's value, and what to say about it.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) value: f64,
    /// The part of it that is drawn in another colour.
    pub(crate) failed: f64,
    pub(crate) says: String,
}

/// A chart with one bar for each value.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// Key of its name.
    pub(crate) name: &'static str,
    /// A sentence about all of it.
    pub(crate) says: String,
    /// The part in another colour, in words.
    pub(crate) failed: Option<String>,
    /// The largest value, in words.
    pub(crate) most: String,
    /// The first and the last bar, in words.
    pub(crate) ends: (String, String),
    pub(crate) bars: Vec<Bar>,
}

/// A bar. The origin is the upper left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) x: usize,
    pub(crate) y: u32,
    pub(crate) height: u32,
    /// The lowest part of it, in another colour.
    pub(crate) failed: u32,
    pub(crate) says: String,
}

impl Bar {
    /// Upper end of the part in another colour.
    pub(crate) const fn failed_y(&self) -> u32 {
        HEIGHT - self.failed
    }
}

impl Chart {
    pub(crate) fn width(&self) -> usize {
        self.bars.len() * (BAR + GAP)
    }
}

/// Bars as high as their values are beside the largest one; something that is there can be seen.
pub(crate) fn bars(values: Vec<Value>) -> Vec<Bar> {
    let most = values.iter().map(|it| it.value).fold(0.0, f64::max);
    let height = |value: f64| {
        if most <= 0.0 || value <= 0.0 {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to the height"
        )]
        let height = (value / most * f64::from(HEIGHT)).round() as u32;
        height.clamp(2, HEIGHT)
    };
    let bar = |(at, it): (usize, Value)| {
        let whole = height(it.value);
        Bar {
            x: at * (BAR + GAP),
            y: HEIGHT - whole,
            height: whole,
            failed: height(it.failed).min(whole),
            says: it.says,
        }
    };
    values.into_iter().enumerate().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_measured_by_the_largest_and_nothing_is_lost() {
        let value = |value, failed| Value {
            value,
            failed,
            says: String::new(),
        };
        let bars = bars(vec![value(0.0, 0.0), value(1000.0, 500.0), value(1.0, 1.0)]);
        let heights: Vec<_> = bars.iter().map(|bar| (bar.height, bar.failed)).collect();
        assert_eq!(heights, [(0, 0), (100, 50), (2, 2)]);
        assert_eq!((bars[1].y, bars[1].failed_y(), bars[2].x), (0, 50, 20));
        assert!(super::bars(vec![value(0.0, 0.0)])[0].height == 0);
    }
}
