//! Where spans are exported to.

use percent_encoding::percent_decode_str;
use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    SecretUrl, TracesConfig,
    table::{OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME},
    values::{InvalidValue, Values},
};

/// The path of traces below the collector's address.
const TRACES: [&str; 2] = ["v1", "traces"];

pub(crate) fn traces(values: &Values<'_>) -> Result<Option<TracesConfig>, InvalidValue> {
    let service = values.word(&OTEL_SERVICE_NAME)?;
    let headers = values.text(&OTEL_EXPORTER_OTLP_HEADERS).unwrap_or_default();
    let headers = headers_of(headers).ok_or_else(|| OTEL_EXPORTER_OTLP_HEADERS.invalid())?;
    let Some(endpoint) = values.address(&OTEL_EXPORTER_OTLP_ENDPOINT)? else {
        return Ok(None);
    };
    Ok(Some(TracesConfig {
        endpoint: SecretUrl(below(endpoint).ok_or_else(|| OTEL_EXPORTER_OTLP_ENDPOINT.invalid())?),
        headers,
        service: service.ok_or_else(|| OTEL_SERVICE_NAME.invalid())?,
    }))
}

fn below(mut endpoint: Url) -> Option<Url> {
    endpoint
        .path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend(TRACES);
    Some(endpoint)
}

/// Reads `name=value,…`, with the values percent-encoded.
fn headers_of(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (name, value) = part.split_once('=')?;
        let name: HeaderName = name.trim().parse().ok()?;
        let value: Vec<u8> = percent_decode_str(value.trim()).collect();
        let mut value = HeaderValue::from_bytes(&value).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(set: &[(&'static str, &'static str)]) -> Result<Option<TracesConfig>, InvalidValue> {
        traces(&Values::new(set.iter().copied().collect::<HashMap<_, _>>()))
    }

    #[test]
    fn traces_are_exported_where_an_address_is_set() {
        let headers = (
            OTEL_EXPORTER_OTLP_HEADERS.name,
            "authorization=Basic%20abc=, x-tenant=1",
        );
        assert!(read(&[headers]).unwrap().is_none());
        for (address, expected) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            (
                "https://otel.example/a/",
                "https://otel.example/a/v1/traces",
            ),
        ] {
            let endpoint = (OTEL_EXPORTER_OTLP_ENDPOINT.name, address);
            let config = read(&[endpoint, headers]).unwrap().unwrap();
            assert_eq!(config.endpoint.0.as_str(), expected);
            assert_eq!(config.service, "code-checker");
            assert_eq!(config.headers["authorization"], "Basic abc=");
            assert_eq!(config.headers["x-tenant"], "1");
            assert!(!format!("{config:?}").contains("abc"));
        }
    }

    #[test]
    fn a_header_that_is_none_is_named_and_not_quoted() {
        for wrong in ["a key", "a b=c", "name=%0a", "=secret"] {
            let error = read(&[(OTEL_EXPORTER_OTLP_HEADERS.name, wrong)]).unwrap_err();
            assert_eq!(error.name, OTEL_EXPORTER_OTLP_HEADERS.name);
            assert!(!error.to_string().contains(wrong), "{error}");
        }
    }
}
