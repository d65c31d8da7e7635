//! Checks JSON against the shape the provider accepts, and words a misfit as the provider does.

use serde_json::{Map, Value};

use super::error::Fault;

/// What a value may be.
pub(crate) enum Shape {
    /// Anything at all.
    Any,
    Text,
    /// A text of at most so many characters.
    TextUpTo(usize),
    Bool,
    Whole(i64, i64),
    Number(f64, f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// An object with these members and no others.
    Object(&'static [Field]),
    /// An object whose member `type` says which members it has.
    Tagged(&'static [(&'static str, &'static [Field])]),
    List(&'static Shape),
    Nullable(&'static Shape),
    /// The first that fits; a misfit is told of by the last.
    Either(&'static [Shape]),
    /// A function that looks closer.
    Checked(fn(&str, &Value) -> Result<(), Fault>),
}

/// A member of an object.
pub(crate) struct Field {
    name: &'static str,
    shape: Shape,
    required: bool,
}

/// A member that may be absent.
pub(crate) const fn may(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        required: false,
    }
}

/// A member that must be there.
pub(crate) const fn must(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        required: true,
    }
}

impl Shape {
    /// Looks whether `value`, found at `at`, has this shape.
    pub(crate) fn check(&self, at: &str, value: &Value) -> Result<(), Fault> {
        match self {
            Self::Any => Ok(()),
            Self::Text => text(at, value).map(drop),
            Self::TextUpTo(most) => within(at, text(at, value)?, *most),
            Self::Bool if value.is_boolean() => Ok(()),
            Self::Bool => Err(Fault::wrong_type(at, "a boolean", value)),
            Self::Whole(least, most) => whole(at, value, *least, *most),
            Self::Number(least, most) => number(at, value, *least, *most),
            Self::OneOf(known) => one_of(at, text(at, value)?, known),
            Self::Object(fields) => members(at, object(at, value)?, fields),
            Self::Tagged(kinds) => tagged(at, object(at, value)?, kinds),
            Self::List(shape) => {
                let list = value
                    .as_array()
                    .ok_or_else(|| Fault::wrong_type(at, "an array", value))?;
                list.iter()
                    .enumerate()
                    .try_for_each(|(place, value)| shape.check(&format!("{at}[{place}]"), value))
            }
            Self::Nullable(_) if value.is_null() => Ok(()),
            Self::Nullable(shape) => shape.check(at, value),
            Self::Either(shapes) => {
                let mut outcome = Ok(());
                for shape in *shapes {
                    outcome = shape.check(at, value);
                    if outcome.is_ok() {
                        break;
                    }
                }
                outcome
            }
            Self::Checked(check) => check(at, value),
        }
    }
}

fn text<'a>(at: &str, value: &'a Value) -> Result<&'a str, Fault> {
    value
        .as_str()
        .ok_or_else(|| Fault::wrong_type(at, "a string", value))
}

fn object<'a>(at: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Fault> {
    value
        .as_object()
        .ok_or_else(|| Fault::wrong_type(at, "an object", value))
}

fn within(at: &str, text: &str, most: usize) -> Result<(), Fault> {
    let long = text.chars().count();
    if long <= most {
        return Ok(());
    }
    let message = format!(
        "Invalid '{at}': string too long. Expected a string with maximum length {most}, but got a string with \
         length {long} instead."
    );
    Err(Fault::invalid("string_above_max_length", message).about(at))
}

fn whole(at: &str, value: &Value, least: i64, most: i64) -> Result<(), Fault> {
    let number = value
        .as_i64()
        .ok_or_else(|| Fault::wrong_type(at, "an integer", value))?;
    let (code, words, bound) = if number < least {
        (
            "integer_below_min_value",
            "integer below minimum value",
            format!(">= {least}"),
        )
    } else if number > most {
        (
            "integer_above_max_value",
            "integer above maximum value",
            format!("<= {most}"),
        )
    } else {
        return Ok(());
    };
    let message = format!("Invalid '{at}': {words}. Expected a value {bound}, but got {number} instead.");
    Err(Fault::invalid(code, message).about(at))
}

fn number(at: &str, value: &Value, least: f64, most: f64) -> Result<(), Fault> {
    let number = value
        .as_f64()
        .ok_or_else(|| Fault::wrong_type(at, "a decimal", value))?;
    let (code, words, bound) = if number < least {
        (
            "decimal_below_min_value",
            "decimal below minimum value",
            format!(">= {least}"),
        )
    } else if number > most {
        (
            "decimal_above_max_value",
            "decimal above maximum value",
            format!("<= {most}"),
        )
    } else {
        return Ok(());
    };
    let message = format!("Invalid '{at}': {words}. Expected a value {bound}, but got {number} instead.");
    Err(Fault::invalid(code, message).about(at))
}

fn one_of(at: &str, text: &str, known: &[&str]) -> Result<(), Fault> {
    if known.contains(&text) {
        Ok(())
    } else {
        Err(Fault::wrong_value(at, text, known))
    }
}

fn members(at: &str, object: &Map<String, Value>, fields: &[Field]) -> Result<(), Fault> {
    let inside = |name: &str| {
        if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}.{name}")
        }
    };
    if let Some(missing) = fields
        .iter()
        .find(|field| field.required && !object.contains_key(field.name))
    {
        return Err(Fault::missing(&inside(missing.name)));
    }
    for (name, value) in object {
        let at = inside(name);
        let field = fields.iter().find(|field| field.name == name);
        field
            .ok_or_else(|| Fault::unknown(&at))?
            .shape
            .check(&at, value)?;
    }
    Ok(())
}

fn tagged(
    at: &str,
    object: &Map<String, Value>,
    kinds: &[(&'static str, &'static [Field])],
) -> Result<(), Fault> {
    let at_type = format!("{at}.type");
    let kind = object.get("type").ok_or_else(|| Fault::missing(&at_type))?;
    let kind = text(&at_type, kind)?;
    let Some((_, fields)) = kinds.iter().find(|(name, _)| *name == kind) else {
        let known: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        return Err(Fault::wrong_value(&at_type, kind, &known));
    };
    members(at, object, fields)
}
