#include "pipeline/batcher.hpp"

#include "testing/memory_block.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>
#include <random>

namespace paperboy::pipeline::batcher_test
{
namespace
{

// Blocks of records with rising offsets, whose values have the given sizes.
class blocks
{
public:
    // The next block begins at this offset, which may be lower.
    void go_to(std::int64_t offset) { offset_ = offset; }

    detail::block_holder next(std::vector<std::size_t> const& value_sizes)
    {
        auto records = std::vector<testing::test_record>{};
        for (auto const size : value_sizes)
            records.push_back({{}, std::string(size, 'x'), offset_++});
        return testing::memory_block::make(std::move(records), {"t", 0});
    }

private:
    std::int64_t offset_ = 0;
};

batcher with_limits(std::size_t max_records, std::size_t max_bytes)
{
    auto policy = mode_policy{};
    policy.max_records = max_records;
    policy.max_bytes = max_bytes;
    return batcher{policy};
}

std::vector<std::int64_t> take(batcher& from)
{
    auto offsets = std::vector<std::int64_t>{};
    for (auto const& each : from.next())
        offsets.push_back(each.offset());
    from.drop([](detail::block_holder) {});
    return offsets;
}

std::uint64_t sum(std::vector<std::size_t> const& sizes)
{
    return std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
}

using offsets = std::vector<std::int64_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(batcher_suite)

BOOST_AUTO_TEST_CASE(a_block_ends_where_a_bulk_does)
{
    constexpr auto plenty = std::size_t{100'000};
    auto source = blocks{};
    auto subject = with_limits(300, 1'000'000);
    BOOST_TEST(subject.next_block(plenty, 1'000) == 900U);
    BOOST_TEST(subject.next_block(plenty, 300) == 300U);
    BOOST_TEST(subject.next_block(plenty, 200) == 200U);
    subject.add(source.next(std::vector<std::size_t>(290, 1)), 290);
    BOOST_TEST(subject.next_block(plenty, 1'000) == 910U);
    BOOST_TEST(subject.next_block(plenty, 309) == 10U);
    BOOST_TEST(subject.next_block(plenty, 5) == 5U);
    subject.add(source.next(std::vector<std::size_t>(910, 1)), 910);
    for (auto bulk = 0; bulk < 4; ++bulk)
        BOOST_TEST(take(subject).size() == 300U);
    BOOST_TEST(subject.waiting() == 0U);
}

// The sizes of all bulks of so many records that are queued, taken in blocks of up to `most`; 0 and what waits for more
// last.
std::vector<std::size_t> bulks_of(std::size_t queued, std::size_t most, batcher subject)
{
    auto source = blocks{};
    auto sizes = std::vector<std::size_t>{};
    while (queued > 0)
    {
        auto const block = std::min(subject.next_block(queued, most), queued);
        subject.add(source.next(std::vector<std::size_t>(block, 1)), block);
        queued -= block;
        while (subject.full())
            sizes.push_back(take(subject).size());
    }
    if (subject.waiting() > 0)
        sizes.insert(sizes.end(), {0, subject.waiting()});
    return sizes;
}

BOOST_AUTO_TEST_CASE(the_last_two_bulks_of_what_waits_are_equal)
{
    using sizes = std::vector<std::size_t>;
    auto const of = [](std::size_t queued, std::size_t most)
    { return bulks_of(queued, most, with_limits(300, 1'000'000)); };
    BOOST_TEST(of(1'000, 300) == (sizes{300, 300, 200, 200}), boost::test_tools::per_element());
    BOOST_TEST(of(1'000, 5'000) == (sizes{300, 300, 200, 200}), boost::test_tools::per_element());
    BOOST_TEST(of(1'000, 900) == (sizes{300, 300, 200, 200}), boost::test_tools::per_element());
    BOOST_TEST(of(1'000, 50) == (sizes{300, 300, 200, 200}), boost::test_tools::per_element());
    BOOST_TEST(of(301, 300) == (sizes{151, 150}), boost::test_tools::per_element());
    BOOST_TEST(of(301, 5'000) == (sizes{151, 150}), boost::test_tools::per_element());
    BOOST_TEST(of(901, 5'000) == (sizes{300, 300, 151, 150}), boost::test_tools::per_element());
    BOOST_TEST(of(900, 300) == (sizes{300, 300, 300}), boost::test_tools::per_element());
    BOOST_TEST(of(299, 300) == (sizes{0, 299}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bulks_that_are_not_to_be_even_are_full)
{
    auto policy = mode_policy{};
    policy.max_records = 300;
    policy.even_bulks = false;
    for (auto const most : {50U, 300U, 5'000U})
        BOOST_TEST(bulks_of(1'000, most, batcher{policy}) == (std::vector<std::size_t>{300, 300, 300, 0, 100}),
                   boost::test_tools::per_element());
}

// What was left when a queue was empty makes one more bulk together with what came since.
BOOST_AUTO_TEST_CASE(a_rest_shares_with_what_comes_next)
{
    auto source = blocks{};
    auto subject = with_limits(300, 1'000'000);
    BOOST_TEST(subject.next_block(200, 300) >= 200U);
    subject.add(source.next(std::vector<std::size_t>(200, 1)), 200);
    BOOST_TEST(!subject.full());
    BOOST_TEST(subject.next_block(150, 300) >= 150U);
    subject.add(source.next(std::vector<std::size_t>(150, 1)), 150);
    BOOST_TEST(take(subject).size() == 175U);
    static_cast<void>(subject.next_block(0, 300));
    BOOST_TEST(subject.full());
    BOOST_TEST(take(subject).size() == 175U);
    BOOST_TEST(subject.next_block(20, 300) >= 20U);
    subject.add(source.next(std::vector<std::size_t>(20, 1)), 20);
    BOOST_TEST(!subject.full());
}

// A queue counts the partition's end, errors and transaction markers as well.
BOOST_AUTO_TEST_CASE(what_was_counted_and_is_no_record_is_not_waited_for)
{
    using sizes = std::vector<std::size_t>;
    auto const of = [](std::size_t counted, std::size_t there)
    {
        auto source = blocks{};
        auto subject = with_limits(300, 1'000'000);
        auto all = sizes{};
        static_cast<void>(subject.next_block(counted, 1'000));
        subject.add(source.next(std::vector<std::size_t>(there, 1)), there);
        subject.no_more();
        while (subject.full())
            all.push_back(take(subject).size());
        return all;
    };
    BOOST_TEST(of(401, 400) == (sizes{200, 200}), boost::test_tools::per_element());
    BOOST_TEST(of(402, 401) == (sizes{201, 200}), boost::test_tools::per_element());
    BOOST_TEST(of(301, 300) == (sizes{300}), boost::test_tools::per_element());
    BOOST_TEST(of(301, 299).empty());
    BOOST_TEST(of(590, 295).empty());
    BOOST_TEST(of(400, 599) == (sizes{300, 299}), boost::test_tools::per_element());

    auto source = blocks{};
    auto subject = with_limits(300, 1'000'000);
    BOOST_TEST(subject.next_block(501, 300) == 251U);
    subject.add(source.next(std::vector<std::size_t>(251, 1)), 251);
    BOOST_TEST(take(subject).size() == 251U);
    BOOST_TEST(subject.next_block(250, 300) >= 250U);
    subject.add(source.next(std::vector<std::size_t>(249, 1)), 249);
    subject.no_more();
    BOOST_TEST(subject.full());
    BOOST_TEST(take(subject).size() == 249U);
}

BOOST_AUTO_TEST_CASE(a_limit_that_comes_inside_a_bulk_holds_for_its_other_half)
{
    auto source = blocks{};
    auto subject = with_limits(300, 1'000'000);
    static_cast<void>(subject.next_block(400, 1'000));
    subject.add(source.next(std::vector<std::size_t>(400, 1)), 400);
    BOOST_TEST(subject.next().size() == 200U);
    subject.limit(50, 1'000'000);
    subject.drop([](detail::block_holder) {});
    for (auto bulk = 0; bulk < 4; ++bulk)
        BOOST_TEST(take(subject).size() == 50U);
    BOOST_TEST(subject.waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(a_bulk_spans_blocks_and_ends_inside_one)
{
    auto source = blocks{};
    auto bulk = with_limits(4, 1000);
    bulk.add(source.next({1, 1, 1}), 3);
    BOOST_TEST(!bulk.full());
    bulk.add(source.next({1, 1, 1}), 3);
    BOOST_TEST(bulk.full());
    BOOST_TEST(take(bulk) == (offsets{0, 1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST(bulk.waiting() == 2U);
    BOOST_TEST(bulk.first_offset() == 4);
    BOOST_TEST(!bulk.full());
    BOOST_TEST(take(bulk) == (offsets{4, 5}), boost::test_tools::per_element());
    BOOST_TEST(bulk.waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(a_bulk_ends_where_offsets_fall)
{
    auto source = blocks{};
    auto subject = with_limits(10, 1'000);
    subject.add(source.next({1, 1, 1}), 3);
    subject.add(source.next({1}), 1);
    source.go_to(2);
    subject.add(source.next({1, 1}), 2);
    subject.add(source.next({1}), 1);
    BOOST_TEST(take(subject) == (offsets{0, 1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST(take(subject) == (offsets{2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(subject.waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(a_bulk_ends_before_it_exceeds_the_bytes)
{
    auto source = blocks{};
    auto bulk = with_limits(100, 10);
    bulk.add(source.next({4, 4, 4, 4}), 16);
    BOOST_TEST(bulk.full());
    BOOST_TEST(take(bulk) == (offsets{0, 1}), boost::test_tools::per_element());
    BOOST_TEST(take(bulk) == (offsets{2, 3}), boost::test_tools::per_element());
    auto exact = with_limits(100, 8);
    exact.add(source.next({4, 4, 4, 4}), 16);
    BOOST_TEST(take(exact) == (offsets{4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_record_larger_than_the_limit_is_a_bulk_of_its_own)
{
    auto source = blocks{};
    auto bulk = with_limits(100, 10);
    bulk.add(source.next({2, 50, 2}), 54);
    BOOST_TEST(take(bulk) == (offsets{0}), boost::test_tools::per_element());
    BOOST_TEST(take(bulk) == (offsets{1}), boost::test_tools::per_element());
    BOOST_TEST(take(bulk) == (offsets{2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(used_up_blocks_are_recycled_and_others_are_not)
{
    auto source = blocks{};
    auto bulk = with_limits(3, 1000);
    bulk.add(source.next({1, 1}), 2);
    bulk.add(source.next({1, 1}), 2);
    auto recycled = 0;
    static_cast<void>(bulk.next());
    bulk.drop([&](detail::block_holder) { ++recycled; });
    BOOST_TEST(recycled == 1);
    static_cast<void>(bulk.next());
    bulk.drop([&](detail::block_holder) { ++recycled; });
    BOOST_TEST(recycled == 2);
}

BOOST_AUTO_TEST_CASE(every_record_comes_once_in_order_and_within_the_limits_of_the_moment_whatever_the_blocks)
{
    auto random = std::mt19937{42};
    for (auto round = 0; round < 200; ++round)
    {
        auto source = blocks{};
        auto max_records = 1 + random() % 20;
        auto max_bytes = 1 + random() % 60;
        auto bulk = with_limits(max_records, max_bytes);
        auto expected = std::int64_t{0};
        auto added = std::int64_t{0};
        while (expected < 300)
        {
            if (added < 300 && random() % 2 == 0)
            {
                auto sizes = std::vector<std::size_t>(1 + random() % 30);
                for (auto& each : sizes)
                    each = random() % 20;
                added += static_cast<std::int64_t>(sizes.size());
                bulk.add(source.next(sizes), sum(sizes));
            }
            if (random() % 10 == 0)
            {
                max_records = 1 + random() % 20;
                max_bytes = 1 + random() % 60;
                bulk.limit(max_records, max_bytes);
            }
            if (bulk.waiting() == 0)
                continue;
            auto bytes = std::size_t{0};
            auto const records = bulk.next();
            BOOST_REQUIRE(!records.empty());
            BOOST_REQUIRE(records.size() <= max_records);
            for (auto const& each : records)
            {
                BOOST_REQUIRE(each.offset() == expected++);
                bytes += each.value().size();
            }
            BOOST_REQUIRE((bytes <= max_bytes || records.size() == 1));
            bulk.drop([](detail::block_holder) {});
            BOOST_REQUIRE(bulk.waiting() == static_cast<std::size_t>(added - expected));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::batcher_test
