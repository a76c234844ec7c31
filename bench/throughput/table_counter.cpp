#include "scratch_directory.hpp"
#include "throughput/partition_tally.hpp"
#include "throughput/run_engine.hpp"
#include "throughput/table_modes.hpp"

#include <paperboy/engine.hpp>
#include <paperboy/rocksdb_store.hpp>
#include <paperboy/serde.hpp>
#include <paperboy/table.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace paperboy::bench
{
namespace
{

namespace asio = boost::asio;

using count_table = table<std::string, std::int64_t, text, integer<std::int64_t>>;

// The sum of all counts as they were told is the same whoever counts.
class counting_handler
{
public:
    counting_handler(run_state& shared, count_table table, std::int64_t records)
        : table_{std::move(table)}, tally_{shared, records}
    {
    }

    void on_message(record_view const& record)
    {
        auto const count = table_.shard(record).update(record.key(), [](std::optional<std::int64_t> before)
                                                       { return before.value_or(0) + 1; });
        tally_.add(record.offset(), static_cast<std::uint64_t>(count));
    }

private:
    count_table table_;
    partition_tally tally_;
};

// With all acknowledgements, the last commit and the last checkpoint.
measurement count(options const& from, std::shared_ptr<shard_store_provider> stores, bool coalesce)
{
    auto context = asio::io_context{1};
    auto counter = engine{context, engine_settings(from)};
    auto how = table_options{};
    how.changelog = from.output;
    how.coalesce = coalesce;
    how.cache_bytes = from.cache_bytes;
    auto const counts = counter.make_table<std::string, std::int64_t>("counts", std::move(stores), std::move(how),
                                                                      text{}, integer<std::int64_t>{});
    auto shared = run_state{progress{from.total()}, &counter};
    counter.handle(from.topic,
                   per_partition(
                       [&](topic_partition const& where)
                       {
                           return counting_handler{shared, counts,
                                                   from.partition_sizes.at(static_cast<std::size_t>(where.partition))};
                       }));
    run_engine(context, counter);
    shared.counted.extend();
    return shared.counted.result();
}

measurement count_on_disk(options const& from, bool coalesce)
{
    auto const where = scratch_directory{};
    return count(from, open_rocksdb(where.path()), coalesce);
}

} // namespace

measurement count_memory(options const& from)
{
    return count(from, nullptr, false);
}

measurement count_memory_coalesced(options const& from)
{
    return count(from, nullptr, true);
}

measurement count_rocksdb(options const& from)
{
    return count_on_disk(from, false);
}

measurement count_rocksdb_coalesced(options const& from)
{
    return count_on_disk(from, true);
}

} // namespace paperboy::bench
