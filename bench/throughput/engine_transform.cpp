#include "throughput/partition_tally.hpp"
#include "throughput/run_engine.hpp"
#include "throughput/transform_modes.hpp"

#include <paperboy/engine.hpp>
#include <paperboy/producer.hpp>

#include <boost/asio/io_context.hpp>

#include <optional>
#include <utility>

namespace paperboy::bench
{
namespace
{

class forwarding_handler
{
public:
    forwarding_handler(run_state& shared, topic_producer<> out, std::int64_t records)
        : out_{std::move(out)}, tally_{shared, records}
    {
    }

    void on_message(record_view const& record)
    {
        auto const value = record.value();
        auto const checksum = value.size() + static_cast<unsigned char>(value.front());
        auto how = send_options{};
        how.partition = record.partition();
        out_.send(record, record.optional_key(), value, how);
        tally_.add(record.offset(), checksum);
    }

private:
    topic_producer<> out_;
    partition_tally tally_;
};

} // namespace

// With all acknowledgements and the last commit.
measurement transform(options const& from)
{
    auto context = boost::asio::io_context{1};
    auto transformer = engine{context, engine_settings(from)};
    auto shared = run_state{progress{from.total()}, &transformer};
    auto const out = transformer.make_producer(from.output);
    transformer.handle(from.topic, per_partition(
                                       [&](topic_partition const& where)
                                       {
                                           return forwarding_handler{
                                               shared, out,
                                               from.partition_sizes.at(static_cast<std::size_t>(where.partition))};
                                       }));
    run_engine(context, transformer);
    shared.counted.extend();
    return shared.counted.result();
}

} // namespace paperboy::bench
