//! The platform does what AWS does, shown with a function that does what it is told.

mod common;
mod events;
mod http;
mod life;
mod mail;
mod pages;
mod sockets;
mod storage;
mod table;
