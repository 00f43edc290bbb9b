use super::*;

fn html(text: &str) -> String {
    Renderer::default().render(text).to_string()
}

#[test]
fn formulas_become_mathml() {
    let made = html("Given $1 \\le n \\le 10^5$ and $$\\sum_{i=1}^n a_i$$");
    assert!(made.contains("<math><mn>1</mn><mo>≤</mo>"), "{made}");
    assert!(made.contains("display=\"block\""), "{made}");
    assert!(
        made.contains("<munderover>") || made.contains("<msubsup>"),
        "{made}"
    );
}

#[test]
fn a_formula_that_cannot_be_read_is_shown_as_its_source() {
    for source in ["\\unknowncommand{x}", "\\frac{1}"] {
        let made = html(&format!("${source}$"));
        assert_eq!(
            made.trim(),
            format!("<p><code class=\"formula\">{source}</code></p>")
        );
    }
    for (open, close) in [
        ("{", "}"),
        ("\\sqrt ", ""),
        ("\\bar", " "),
        ("\\sqrt[3]", ""),
        ("\\hat{", "}"),
    ] {
        for times in [60, 150, 300, 900] {
            let deep = format!("${}x{}$", open.repeat(times), close.repeat(times));
            let made = html(&deep);
            let is_flat = !made.contains("<mover>") && !made.contains("<mroot>");
            assert!(is_flat || times < 100, "{open} {times}");
        }
    }
}

#[test]
fn formulas_of_every_judge_are_shown_as_maths() {
    for text in [
        "\\(n\\)",
        "\\[n\\]",
        "$ n $",
        "$$$n$$$",
        "- a\n- \\(n\\)",
        "> $ n $",
        "| a |\n|---|\n| $$$n$$$ |",
        "\\(n\\)5",
        "设\\(n\\)为",
    ] {
        let made = html(text);
        assert!(made.contains("<mi>n</mi>"), "{text}: {made}");
        assert!(!made.contains(['$', '\\']), "{text}: {made}");
    }
}

#[test]
fn a_text_beyond_the_bounds_is_shown_whole_as_it_is_written() {
    let long = "a & b\n".repeat(40_000);
    let cells = format!(
        "{}\n{}\n{}",
        "|a".repeat(900),
        "|-".repeat(900),
        "a|\n".repeat(900)
    );
    for text in [
        "> ".repeat(20_000),
        ">".repeat(4_000),
        "- ".repeat(4_000),
        "1. ".repeat(4_000),
        (1..500).map(|n| format!("{}*\n", "  ".repeat(n))).collect(),
        "*a ".repeat(200) + &"b* ".repeat(200),
        cells,
        long,
    ] {
        let made = html(&text);
        let whole = format!(
            "<p class=\"as-written\">{}</p>\n",
            html_escape::encode_text(&text)
        );
        assert!(made == whole, "{}", &made[..made.floor_char_boundary(300)]);
    }
}

#[test]
fn a_page_renders_so_much_and_shows_the_rest_as_it_is_written() {
    let mut page = Renderer::default();
    let text = "*a* ".repeat(PAGE_BYTES / 8);
    assert!(page.render(&text).to_string().contains("<em>"));
    assert!(page.render("*small*").to_string().contains("<em>"));
    assert!(!page.render(&text).to_string().contains("<em>"));
    let many = html(&"$x$ ".repeat(PAGE_FORMULAS + 100));
    assert_eq!(many.matches("<math>").count(), PAGE_FORMULAS);
    assert_eq!(many.matches("<code class=\"formula\">").count(), 100);
}

proptest::proptest! {
    #[test]
    fn no_text_panics_or_grows_beyond_a_factor(pieces in proptest::collection::vec(piece(), 0..60), times in 1..40_usize) {
        for text in [pieces.concat().repeat(times), pieces.iter().map(|piece| piece.repeat(times)).collect()] {
            let made = html(&text);
            proptest::prop_assert!(made.len() <= bounds::most_html(&text));
        }
    }
}

fn piece() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::strategy::Strategy as _;
    const SIGNS: &[&str] = &[
        ">",
        "> ",
        "- ",
        "1. ",
        "* ",
        "\n",
        "\n\n",
        " ",
        "    ",
        "\t",
        "`",
        "```",
        "~~~",
        "$",
        "$$",
        "$$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\",
        "{",
        "}",
        "\\bar",
        "\\frac",
        "^",
        "_",
        "|",
        "|-",
        "[",
        "]",
        "](",
        ")",
        "![",
        "<",
        "<a",
        "<!--",
        "&",
        "&amp;",
        "\"",
        "#",
        "*",
        "**",
        "~~",
        "=",
        "---",
        "[a]: b",
        "[a]",
        "<http://a>",
        "\r\n",
        "\0",
        "é",
        "数",
    ];
    proptest::prop_oneof![
        8 => proptest::sample::select(SIGNS).prop_map(|sign: &str| sign.to_owned()),
        1 => "[a-z0-9]{1,6}",
        1 => "\\PC{0,6}",
    ]
}

#[test]
fn nothing_of_a_stranger_runs_loads_or_leads_astray() {
    for hostile in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![a](https://evil.example/x.png)",
        "![a](javascript:alert(1))",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](//evil.example)",
        "[a](/submissions)",
        "<svg onload=alert(1)><a xlink:href='javascript:1'>x</a></svg>",
        "$\\href{javascript:alert(1)}{x}$",
        "$\\text{<img src=x onerror=alert(1)>}$",
        "$</math><script>alert(1)</script>$",
        "```<script>\n</code><script>alert(1)</script>\n```",
        "<style>*{display:none}</style>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "# <a name=x onclick=alert(1)>y</a> {#id .class onclick=alert(1)}",
    ] {
        let made = html(hostile);
        let tags = made
            .split('<')
            .skip(1)
            .filter_map(|tag| tag.split('>').next());
        for tag in tags {
            let never = [
                "script",
                "img",
                "svg",
                "style",
                "src=",
                "javascript",
                "data:",
                "href=\"/",
                " id=",
                " on",
            ];
            let found = never.iter().find(|never| tag.contains(**never));
            assert_eq!(found, None, "{hostile}: {made}");
        }
    }
}

#[test]
fn html_is_shown_as_text_and_links_are_marked() {
    assert_eq!(html("a vector<int> b"), "<p>a vector&lt;int&gt; b</p>\n");
    assert_eq!(
        html("[x](https://a.example/)"),
        "<p><a href=\"https://a.example/\" rel=\"nofollow noopener noreferrer\">x</a></p>\n"
    );
    assert_eq!(html("# A"), "<h4>A</h4>\n");
}

#[test]
fn tables_lists_and_code_stay() {
    let made = html("| a | b |\n|---|---|\n| 1 | `x<y` |\n\n3. c\n");
    assert!(made.contains("<td><code>x&lt;y</code></td>"), "{made}");
    assert!(made.contains("<ol start=\"3\">"), "{made}");
}

#[test]
fn a_formula_stays_with_its_full_stop_and_a_wide_one_can_be_scrolled() {
    let html = Renderer::default()
        .render("Of $n$, $m$ and\n\n$$x$$\n\nto $k$。")
        .to_string();
    assert_eq!(
        html.matches("<span class=\"together\"><math>").count(),
        2,
        "{html}"
    );
    assert!(html.contains("</math>,</span>") && html.contains("</math>。</span>"));
    assert!(html.contains("<math display=\"block\" tabindex=\"0\">"));
}
