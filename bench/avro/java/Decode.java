import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import shop.order;

/** Avro's own reader into a generated class, everything reused as documented, as bench/avro/compare.py asks for. */
public class Decode {
    private static final SpecificDatumReader<order> reader = new SpecificDatumReader<>(order.class);
    private static BinaryDecoder decoder;
    private static order found;

    private static long cpu() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime();
    }

    private static long decode(byte[] record, double seconds) throws Exception {
        var end = System.nanoTime() + (long) (seconds * 1e9);
        long records = 0;
        for (; System.nanoTime() < end; records += 1000)
            for (var i = 0; i < 1000; ++i) {
                decoder = DecoderFactory.get().binaryDecoder(record, decoder);
                found = reader.read(found, decoder);
            }
        return records;
    }

    public static void main(String[] arguments) throws Exception {
        var record = Files.readAllBytes(Path.of(arguments[1]));
        var seconds = Double.parseDouble(arguments[2]);
        decode(record, seconds);
        var before = cpu();
        var records = decode(record, seconds);
        var spent = cpu() - before;
        var sum = found.getId() + found.getQuantity() + found.getTo().getZip() + found.getTags().size();
        System.out.println("{\"records\": " + records + ", \"cpu_ns\": " + spent + ", \"sum\": " + sum + "}");
    }
}
