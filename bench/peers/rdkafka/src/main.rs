// The rdkafka crate's BaseConsumer with its defaults, as bench/peers/README.md asks of a peer.

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::Message;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

fn cpu_seconds() -> f64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

fn main() {
    let start_cpu = cpu_seconds();
    let arguments: Vec<String> = std::env::args().collect();
    let [_, job, servers, topic, records, ..] = arguments.as_slice() else {
        panic!("usage: peer consume SERVERS TOPIC RECORDS");
    };
    assert_eq!(job, "consume", "this peer can only consume");
    let expected: usize = records.parse().expect("RECORDS is a number");
    let group = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", format!("peer-{group}"))
        .set("auto.offset.reset", "earliest")
        .create()
        .expect("a consumer");
    consumer.subscribe(&[topic]).expect("a subscription");

    let (mut seen, mut bytes, mut checksum) = (0u64, 0u64, 0u64);
    let mut first = Instant::now();
    for message in consumer.iter().take(expected) {
        let message = message.expect("a record");
        let value = message.payload().expect("a value");
        if seen == 0 {
            first = Instant::now();
        }
        seen += 1;
        bytes += value.len() as u64;
        checksum += value.len() as u64 + u64::from(value[0]);
    }
    let wall = first.elapsed().as_secs_f64();
    println!(
        "{{\"records\":{seen},\"bytes\":{bytes},\"checksum\":{checksum},\"cpu_seconds\":{},\
         \"start_cpu_seconds\":{start_cpu},\"wall_seconds\":{wall},\"rss_mb\":{}}}",
        cpu_seconds(),
        peak_rss_mb()
    );
    std::process::exit(0);
}
