//! One error for the page's scripts.

use wasm_bindgen::{JsError, JsValue};

/// Whatever went wrong. JavaScript sees an `Error` with its text.
#[derive(Debug)]
pub struct Error(Box<dyn std::error::Error>);

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl<E: Into<Box<dyn std::error::Error>>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl From<Error> for JsValue {
    fn from(Error(error): Error) -> Self {
        JsError::new(&error.to_string()).into()
    }
}
