//! The size of a message in values. A megabyte of brackets is many megabytes in memory once it is parsed.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Values in one message: a call with every argument and what clients say about themselves have a few dozen.
const VALUES: usize = 1000;

/// A message that is small enough to be parsed; its own parser does that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message;

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(VALUES);
        Counter(&left).deserialize(deserializer)?;
        Ok(Self)
    }
}

/// Counts a value and all those in it down from what is left.
#[derive(Clone, Copy)]
struct Counter<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Counter<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| {
            D::Error::custom(format_args!(
                "is one value too many: a message may have at most {VALUES}"
            ))
        })?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counter<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_key::<IgnoredAny>()?.is_some() {
            entries.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Message, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn values_are_counted_however_they_are_nested() {
        // The list itself is one.
        let list = |count: usize| format!("[{}1]", "1,".repeat(count - 1));
        assert!(read(&list(VALUES - 1)).is_ok());
        assert!(read(&list(VALUES)).is_err());
        let object = |count: usize| format!("{{{}\"k\":1}}", "\"k\":[],".repeat(count - 1));
        assert!(read(&object(VALUES - 1)).is_ok());
        assert!(read(&object(VALUES)).is_err());
        let both = format!("[{},{}]", list(VALUES / 2), list(VALUES / 2));
        assert!(read(&both).is_err());
        assert!(read(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn every_kind_of_value_is_one() {
        assert!(read(r#"{"a":[null,true,-1,2,3.5,"text",{"b":{}}]}"#).is_ok());
    }
}
