//! F: engineering.

#[path = "f_engineering/secrets.rs"]
mod secrets;
#[path = "f_engineering/sessions.rs"]
mod sessions;
#[path = "f_engineering/source.rs"]
mod source;
