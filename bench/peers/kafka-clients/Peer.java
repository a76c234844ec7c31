import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Kafka's own client with its defaults, as bench/peers/README.md asks of a peer. */
public class Peer {
    static double cpuSeconds() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() * 1e-9;
    }

    static double peakRssMb() throws Exception {
        for (var line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmHWM:"))
                return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
        return 0;
    }

    static KafkaConsumer<byte[], byte[]> subscribe(String servers, String topic, String from) {
        var settings = new Properties();
        settings.put("bootstrap.servers", servers);
        settings.put("group.id", "peer-" + System.nanoTime() + "-" + ProcessHandle.current().pid());
        settings.put("auto.offset.reset", from);
        var bytes = new ByteArrayDeserializer();
        var consumer = new KafkaConsumer<byte[], byte[]>(settings, bytes, bytes);
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    static void consume(KafkaConsumer<byte[], byte[]> consumer, long expected, double startCpu) throws Exception {
        long seen = 0, bytes = 0, checksum = 0, first = 0;
        while (seen < expected)
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                if (seen++ == 0)
                    first = System.nanoTime();
                var value = record.value();
                bytes += value.length;
                checksum += value.length + (value[0] & 0xff);
            }
        var wall = (System.nanoTime() - first) * 1e-9;
        System.out.printf("{\"records\":%d,\"bytes\":%d,\"checksum\":%d,\"cpu_seconds\":%f,"
            + "\"start_cpu_seconds\":%f,\"wall_seconds\":%f,\"rss_mb\":%f}%n",
            seen, bytes, checksum, cpuSeconds(), startCpu, wall, peakRssMb());
    }

    static void latency(KafkaConsumer<byte[], byte[]> consumer, int records, int warmUp) {
        var ages = new double[records];
        for (int seen = -warmUp; seen < records;)
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                if (seen >= 0 && seen < records) {
                    var now = Instant.now();
                    var sent = ByteBuffer.wrap(record.value()).order(ByteOrder.LITTLE_ENDIAN).getLong();
                    ages[seen] = (now.getEpochSecond() * 1_000_000_000L + now.getNano() - sent) * 1e-3;
                }
                ++seen;
            }
        Arrays.sort(ages);
        System.out.printf("{\"records\":%d,\"p50\":%f,\"p99\":%f,\"p999\":%f,\"most\":%f}%n", records,
            ages[(int) (.5 * (records - 1))], ages[(int) (.99 * (records - 1))], ages[(int) (.999 * (records - 1))],
            ages[records - 1]);
    }

    public static void main(String[] arguments) throws Exception {
        var startCpu = cpuSeconds();
        var number = Integer.parseInt(arguments[3]);
        if (arguments[0].equals("consume"))
            consume(subscribe(arguments[1], arguments[2], "earliest"), number, startCpu);
        else
            latency(subscribe(arguments[1], arguments[2], "latest"), number, Integer.parseInt(arguments[4]));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
