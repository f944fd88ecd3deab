// SPDX-License-Identifier: GPL-3.0-or-later
//! Asks a line server from several threads, by TcpStream: client PORT THREADS COUNT
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;

fn ask(port: u16, count: usize) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut bytes = 0;
    for i in 0..count {
        stream.write_all(("x".repeat(i) + "\n").as_bytes())?;
        let mut line = String::new();
        bytes += answers.read_line(&mut line)?;
    }
    Ok(bytes)
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    let threads: Vec<_> = (0..arguments[1])
        .map(|_| {
            let (port, count) = (arguments[0] as u16, arguments[2]);
            thread::spawn(move || ask(port, count).unwrap())
        })
        .collect();
    let bytes: usize = threads.into_iter().map(|t| t.join().unwrap()).sum();
    println!("{bytes}");
}
