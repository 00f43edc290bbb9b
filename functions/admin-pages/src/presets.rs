//! Presets as buttons that fill in the form.

use config::{
    presets::{DECIDED, PRESETS, Preset},
    table::live_variable,
};

use crate::fields::FormData;

/// A preset as a button.
pub(crate) struct Offer {
    pub(crate) preset: &'static Preset,
    pub(crate) is_chosen: bool,
}

/// The providers, with the one whose address is in the field. Two servers have the same address: the button that was pressed tells.
pub(crate) fn offers(address: &str, pressed: Option<&str>) -> Vec<Offer> {
    let address = address.trim().trim_end_matches('/');
    let is_there = |preset: &Preset| preset.base_url.eq_ignore_ascii_case(address);
    let pressed = pressed.and_then(Preset::find).filter(|it| is_there(it));
    let chosen = pressed.or_else(|| PRESETS.iter().find(|preset| is_there(preset)));
    let offers = PRESETS.iter().map(|preset| Offer {
        preset,
        is_chosen: chosen == Some(preset),
    });
    offers.collect()
}

/// Puts a preset's values into the form.
pub(crate) fn fill_in(form: &mut FormData, preset: &Preset) {
    let mut put = |name: &str, value: &str| form.insert(name.to_owned(), value.to_owned());
    put("OPENAI_BASE_URL", preset.base_url);
    if let Some(model) = preset.model {
        put("OPENAI_MODEL", model);
    }
    for name in DECIDED {
        let default = live_variable(name).and_then(|variable| variable.default);
        put(name, preset.value(name).or(default).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;
    use site::Words;

    use super::*;

    #[test]
    fn every_preset_has_a_note_in_every_language() {
        for (language, preset) in AnswerLanguage::ALL
            .iter()
            .flat_map(|language| PRESETS.iter().map(move |preset| (language, preset)))
        {
            let key = format!("preset.{}", preset.id);
            assert!(Words(*language).find(&key).is_some(), "{language}: {key}");
        }
    }

    #[test]
    fn the_address_tells_the_preset_and_where_two_share_it_the_button() {
        let chosen = |address: &str, pressed: Option<&str>| {
            let offers = offers(address, pressed);
            let chosen: Vec<_> = offers.iter().filter(|offer| offer.is_chosen).collect();
            assert!(chosen.len() < 2);
            chosen.first().map(|offer| offer.preset.id)
        };
        assert_eq!(chosen("http://localhost:11434/v1/ ", None), Some("ollama"));
        assert_eq!(
            chosen("http://localhost:8000/v1", Some("vllm")),
            Some("vllm")
        );
        assert_eq!(
            chosen("https://api.deepseek.com", Some("vllm")),
            Some("deepseek")
        );
        assert_eq!(chosen("https://example.org/v1", Some("vllm")), None);
    }

    #[test]
    fn a_preset_takes_back_what_another_one_put_in() {
        let mut form = FormData::new();
        fill_in(&mut form, Preset::find("ollama").unwrap());
        assert_eq!(form["OPENAI_CONTEXT_TOKENS"], "16384");
        fill_in(&mut form, Preset::find("gemini").unwrap());
        assert_eq!(form["OPENAI_CONTEXT_TOKENS"], "");
        assert_eq!(form["MODEL_SUPPORTS_VISION"], "true");
        assert_eq!(form["OPENAI_MODEL"], "gemini-2.5-flash");
    }
}
