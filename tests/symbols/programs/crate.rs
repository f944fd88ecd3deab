// SPDX-License-Identifier: GPL-3.0-or-later
// Rust: generics, traits, closures.
use std::collections::BTreeMap;

trait Asks {
    fn ask(&self, n: u64) -> u64;
}

struct Client<T> {
    kept: Vec<T>,
}

impl<T: Copy + Into<u64>> Asks for Client<T> {
    #[inline(never)]
    fn ask(&self, n: u64) -> u64 {
        self.kept.iter().map(|&k| k.into() * n).sum()
    }
}

mod inner {
    #[inline(always)]
    pub fn inlined(n: u64) -> u64 {
        super::outside(n + 1)
    }
}

#[inline(never)]
fn outside(n: u64) -> u64 {
    let mut map = BTreeMap::new();
    map.insert(n, n.to_string());
    map.values().map(|s| s.len() as u64).sum()
}

fn main() {
    let n = std::env::args().count() as u64;
    let client = Client { kept: vec![n as u32, 7] };
    println!("{}", client.ask(inner::inlined(n)));
}
