// A handler per partition: with several threads, its state needs no lock.
//
//     ./11_per_partition

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <array>
#include <iostream>
#include <numeric>
#include <string>

namespace
{

constexpr int partitions = 4;
constexpr long records = 10'000;

// One for each partition: only ever called from that partition's strand.
class summing_handler
{
public:
    explicit summing_handler(long& sum) : sum_{sum} {}

    void on_message(paperboy::record_view const& record) { sum_ += std::stol(std::string{record.value()}); }

private:
    long& sum_;
};

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("numbers", partitions);
    for (auto i = 0L; i < records; ++i)
        cluster.produce("numbers",
                        {.value = std::to_string(i), .partition = static_cast<std::int32_t>(i % partitions)});

    boost::asio::io_context context;
    auto sums = std::array<long, partitions>{};
    paperboy::engine engine{context, examples::mock_config(cluster.bootstrap_servers())};
    engine.handle("numbers", paperboy::per_partition(
                                 [&](paperboy::topic_partition const& where)
                                 { return summing_handler{sums.at(static_cast<std::size_t>(where.partition))}; }));

    auto const result = examples::run_until(context, engine, records, 2);
    std::cout << "sum: " << std::accumulate(sums.begin(), sums.end(), 0L) << '\n';
    return result;
}
