//! Icons: Lucide's (ISC licence, `shared/assets/icons/LICENSE`), written into the page.

use std::fmt;

/// An icon. It says nothing to a screen reader: words stand beside it, or a label on what it is in.
#[derive(Clone, Copy, Debug)]
pub struct Icon(&'static str);

macro_rules! icons {
    ($($name:ident = $file:literal),+ $(,)?) => {
        impl Icon {
            $(
                #[doc = concat!("The icon `", $file, "`.")]
                pub const $name: Self = Self(include_str!(concat!("../assets/icons/", $file, ".svg")));
            )+
        }
    };
}

icons! {
    ARROW_RIGHT = "arrow-right",
    BAN = "ban",
    BELL = "bell",
    BUG = "bug",
    CHECK = "check",
    CHEVRON_DOWN = "chevron-down",
    CIRCLE_CHECK = "circle-check",
    CIRCLE_DASHED = "circle-dashed",
    CIRCLE_X = "circle-x",
    CLOCK = "clock",
    CODE = "code",
    COLUMNS_2 = "columns-2",
    COPY = "copy",
    DATABASE = "database",
    DOWNLOAD = "download",
    ELLIPSIS = "ellipsis",
    EYE = "eye",
    FILE_TEXT = "file-text",
    HISTORY = "history",
    IMAGE = "image",
    KEYBOARD = "keyboard",
    LANGUAGES = "languages",
    LIGHTBULB = "lightbulb",
    LINK = "link",
    LIST = "list",
    LOADER = "loader",
    LOCK = "lock",
    LOG_OUT = "log-out",
    MAP_PIN = "map-pin",
    MINUS = "minus",
    MONITOR = "monitor",
    MOON = "moon",
    PAUSE = "pause",
    PENCIL = "pencil",
    PLAY = "play",
    PLUS = "plus",
    REFRESH_CW = "refresh-cw",
    ROTATE_CCW = "rotate-ccw",
    SEARCH = "search",
    SETTINGS = "settings",
    SKIP_FORWARD = "skip-forward",
    SPARKLES = "sparkles",
    SUN = "sun",
    THUMBS_DOWN = "thumbs-down",
    THUMBS_UP = "thumbs-up",
    TRASH_2 = "trash-2",
    TRIANGLE_ALERT = "triangle-alert",
    UPLOAD = "upload",
    WIFI_OFF = "wifi-off",
    WRENCH = "wrench",
    X = "x",
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

// The markup is ours.
impl askama::filters::HtmlSafe for Icon {}
