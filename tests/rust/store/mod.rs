//! The built-in store, asked over HTTP while it scrapes real servers.

mod api;
mod crash;
mod scraping;
mod setting;
