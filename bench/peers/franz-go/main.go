// franz-go with its defaults, as bench/peers/README.md asks of a peer.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func peakRssMb() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		log.Fatal(err)
	}
	var kilobytes float64
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Sscan(after, &kilobytes)
	return kilobytes / 1024
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func connect(servers, topic string, from kgo.Offset) *kgo.Client {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(servers, ",")...),
		kgo.ConsumerGroup(fmt.Sprintf("peer-%d", time.Now().UnixNano())),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(from))
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// forEach hands records to visit until that returns false.
func forEach(client *kgo.Client, visit func(*kgo.Record) bool) {
	for {
		fetches := client.PollFetches(context.Background())
		if err := fetches.Err(); err != nil {
			log.Fatal(err)
		}
		for records := fetches.RecordIter(); !records.Done(); {
			if !visit(records.Next()) {
				return
			}
		}
	}
}

func print(result map[string]any) {
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
	os.Exit(0)
}

func consume(client *kgo.Client, expected int) {
	startCpu := cpuSeconds()
	var seen, bytes, checksum int
	var first time.Time
	forEach(client, func(record *kgo.Record) bool {
		if seen == 0 {
			first = time.Now()
		}
		seen++
		bytes += len(record.Value)
		checksum += len(record.Value) + int(record.Value[0])
		return seen < expected
	})
	wall := time.Since(first).Seconds()
	print(map[string]any{"records": seen, "bytes": bytes, "checksum": checksum, "cpu_seconds": cpuSeconds(),
		"start_cpu_seconds": startCpu, "wall_seconds": wall, "rss_mb": peakRssMb()})
}

func latency(client *kgo.Client, records, warmUp int) {
	ages := make([]float64, 0, records)
	seen := 0
	forEach(client, func(record *kgo.Record) bool {
		seen++
		if seen > warmUp {
			age := time.Now().UnixNano() - int64(binary.LittleEndian.Uint64(record.Value))
			ages = append(ages, float64(age)/1e3)
		}
		return len(ages) < records
	})
	slices.Sort(ages)
	at := func(part float64) float64 { return ages[int(part*float64(len(ages)-1))] }
	print(map[string]any{"records": len(ages), "p50": at(.5), "p99": at(.99), "p999": at(.999), "most": at(1)})
}

func main() {
	if len(os.Args) == 5 && os.Args[1] == "consume" {
		consume(connect(os.Args[2], os.Args[3], kgo.NewOffset().AtStart()), number(os.Args[4]))
	}
	if len(os.Args) == 6 && os.Args[1] == "latency" {
		latency(connect(os.Args[2], os.Args[3], kgo.NewOffset().AtEnd()), number(os.Args[4]), number(os.Args[5]))
	}
	log.Fatal("usage: peer consume SERVERS TOPIC RECORDS | peer latency SERVERS TOPIC RECORDS WARM_UP")
}
