//! x
mod instance;
mod reduce;
mod relax;
mod residual;
mod search;
mod solve;
