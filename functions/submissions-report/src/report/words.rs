//! The report's own words in the languages of the answer.

use domain::{AnswerLanguage, StageName, StageState, Status, Verdict};

/// Headings and phrases.
pub(super) struct Words {
    pub(super) untitled: &'static str,
    pub(super) status: &'static str,
    pub(super) verdict: &'static str,
    pub(super) language: &'static str,
    pub(super) images: &'static str,
    pub(super) submission: &'static str,
    pub(super) submitted: &'static str,
    pub(super) finished: &'static str,
    pub(super) failed: &'static str,
    pub(super) problem: &'static str,
    pub(super) submitted_text: &'static str,
    pub(super) time_limit: &'static str,
    pub(super) memory_limit: &'static str,
    pub(super) description: &'static str,
    pub(super) input: &'static str,
    pub(super) output: &'static str,
    pub(super) sample: &'static str,
    pub(super) explanation: &'static str,
    pub(super) notes: &'static str,
    pub(super) failing_input: &'static str,
    pub(super) program: &'static str,
    pub(super) unverified: &'static str,
    pub(super) what_is_wrong: &'static str,
    pub(super) no_bug: &'static str,
    pub(super) fix: &'static str,
    pub(super) severity: &'static str,
    pub(super) lines: &'static str,
    pub(super) not_located: &'static str,
    pub(super) hint: &'static str,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
    pub(super) change: &'static str,
    pub(super) lines_added: &'static str,
    pub(super) lines_removed: &'static str,
    pub(super) course: &'static str,
    /// The columns of the table of stages.
    pub(super) columns: [&'static str; 7],
    pub(super) estimated: &'static str,
    pub(super) cost: &'static str,
}

const ENGLISH: Words = Words {
    untitled: "Analysis",
    status: "Status",
    verdict: "Verdict of the judge",
    language: "Language",
    images: "Images",
    submission: "Submission",
    submitted: "Submitted",
    finished: "Finished",
    failed: "Why it failed",
    problem: "Problem",
    submitted_text: "Text as submitted",
    time_limit: "Time limit",
    memory_limit: "Memory limit",
    description: "Description",
    input: "Input",
    output: "Output",
    sample: "Sample",
    explanation: "Explanation",
    notes: "Notes",
    failing_input: "Input on which it fails",
    program: "Program",
    unverified: "The program was read from an image, unverified: compare it with your own.",
    what_is_wrong: "What is wrong",
    no_bug: "No bug was found.",
    fix: "Fix",
    severity: "Severity",
    lines: "Lines",
    not_located: "not located in the program",
    hint: "Hint",
    before: "Before",
    after: "After",
    change: "The whole change",
    lines_added: "Lines added",
    lines_removed: "Lines removed",
    course: "How it was analysed",
    columns: [
        "Stage",
        "State",
        "Seconds",
        "Model",
        "Calls",
        "Tokens sent",
        "Tokens received",
    ],
    estimated: "≈ estimated, because the endpoint did not say.",
    cost: "Cost",
};

const CHINESE: Words = Words {
    untitled: "分析报告",
    status: "状态",
    verdict: "评测结果",
    language: "语言",
    images: "图片",
    submission: "提交",
    submitted: "提交时间",
    finished: "完成时间",
    failed: "失败原因",
    problem: "题目",
    submitted_text: "提交的原文",
    time_limit: "时间限制",
    memory_limit: "内存限制",
    description: "题目描述",
    input: "输入",
    output: "输出",
    sample: "样例",
    explanation: "解释",
    notes: "备注",
    failing_input: "出错的输入",
    program: "程序",
    unverified: "程序是从图片中识别的，未经核对：请与您自己的程序比较。",
    what_is_wrong: "问题所在",
    no_bug: "没有发现错误。",
    fix: "修改",
    severity: "严重程度",
    lines: "行",
    not_located: "未能在程序中定位",
    hint: "提示",
    before: "修改前",
    after: "修改后",
    change: "完整修改",
    lines_added: "增加行数",
    lines_removed: "删除行数",
    course: "分析过程",
    columns: [
        "阶段",
        "状态",
        "秒",
        "模型",
        "调用次数",
        "发送 token",
        "接收 token",
    ],
    estimated: "≈ 为估计值：接口没有给出。",
    cost: "费用",
};

const GERMAN: Words = Words {
    untitled: "Analyse",
    status: "Status",
    verdict: "Urteil des Online-Judge",
    language: "Sprache",
    images: "Bilder",
    submission: "Einsendung",
    submitted: "Eingesandt",
    finished: "Fertig",
    failed: "Warum es fehlschlug",
    problem: "Aufgabe",
    submitted_text: "Text wie eingesandt",
    time_limit: "Zeitlimit",
    memory_limit: "Speicherlimit",
    description: "Beschreibung",
    input: "Eingabe",
    output: "Ausgabe",
    sample: "Beispiel",
    explanation: "Erklärung",
    notes: "Hinweise",
    failing_input: "Eingabe, bei der es fehlschlägt",
    program: "Programm",
    unverified: "Das Programm wurde aus einem Bild gelesen, ungeprüft: Vergleiche es mit deinem eigenen.",
    what_is_wrong: "Was falsch ist",
    no_bug: "Es wurde kein Fehler gefunden.",
    fix: "Korrektur",
    severity: "Schwere",
    lines: "Zeilen",
    not_located: "im Programm nicht gefunden",
    hint: "Tipp",
    before: "Vorher",
    after: "Nachher",
    change: "Die ganze Änderung",
    lines_added: "Zeilen hinzugefügt",
    lines_removed: "Zeilen entfernt",
    course: "Verlauf der Analyse",
    columns: [
        "Stufe",
        "Zustand",
        "Sekunden",
        "Modell",
        "Aufrufe",
        "Token gesendet",
        "Token empfangen",
    ],
    estimated: "≈ geschätzt, weil der Endpunkt nichts dazu sagt.",
    cost: "Kosten",
};

impl Words {
    pub(super) const fn of(language: AnswerLanguage) -> &'static Self {
        match language {
            AnswerLanguage::English => &ENGLISH,
            AnswerLanguage::Chinese => &CHINESE,
            AnswerLanguage::German => &GERMAN,
        }
    }
}

pub(super) const fn status(status: Status, language: AnswerLanguage) -> &'static str {
    let [english, chinese, german] = match status {
        Status::Queued => ["queued", "排队中", "wartet"],
        Status::Processing => ["being analysed", "分析中", "wird analysiert"],
        Status::Completed => ["completed", "已完成", "abgeschlossen"],
        Status::Failed => ["failed", "失败", "fehlgeschlagen"],
        Status::Cancelled => ["cancelled", "已取消", "abgebrochen"],
    };
    choose(language, english, chinese, german)
}

pub(super) const fn verdict(verdict: Verdict, language: AnswerLanguage) -> &'static str {
    let [chinese, german] = match verdict {
        Verdict::WrongAnswer => ["答案错误", "falsche Antwort"],
        Verdict::TimeLimit => ["超出时间限制", "Zeitlimit überschritten"],
        Verdict::MemoryLimit => ["超出内存限制", "Speicherlimit überschritten"],
        Verdict::RuntimeError => ["运行时错误", "Laufzeitfehler"],
        Verdict::CompileError => ["编译错误", "Übersetzungsfehler"],
        Verdict::Presentation => ["格式错误", "falsches Ausgabeformat"],
    };
    choose(language, verdict.in_words(), chinese, german)
}

pub(super) const fn stage(stage: StageName, language: AnswerLanguage) -> &'static str {
    let [english, chinese, german] = match stage {
        StageName::Problem => ["problem", "题目", "Aufgabe"],
        StageName::Code => ["program", "程序", "Programm"],
        StageName::Analysis => ["analysis", "分析", "Analyse"],
    };
    choose(language, english, chinese, german)
}

pub(super) const fn state(state: StageState, language: AnswerLanguage) -> &'static str {
    let [english, chinese, german] = match state {
        StageState::Pending => ["pending", "等待中", "wartet"],
        StageState::Running => ["running", "进行中", "läuft"],
        StageState::Completed => ["completed", "已完成", "abgeschlossen"],
        StageState::Failed => ["failed", "失败", "fehlgeschlagen"],
        StageState::Skipped => ["skipped", "已跳过", "übersprungen"],
    };
    choose(language, english, chinese, german)
}

/// The severity, which the analysis limits to three words; any other is answered as it is.
pub(super) fn severity(severity: &str, language: AnswerLanguage) -> &str {
    match severity {
        "critical" => choose(language, "critical", "严重", "kritisch"),
        "major" => choose(language, "major", "较重", "erheblich"),
        "minor" => choose(language, "minor", "轻微", "gering"),
        other => other,
    }
}

const fn choose<'a>(
    language: AnswerLanguage,
    english: &'a str,
    chinese: &'a str,
    german: &'a str,
) -> &'a str {
    match language {
        AnswerLanguage::English => english,
        AnswerLanguage::Chinese => chinese,
        AnswerLanguage::German => german,
    }
}
