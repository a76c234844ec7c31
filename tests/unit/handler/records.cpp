#include <paperboy/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>

namespace paperboy::records_test
{
namespace
{

using testing::test_record;

// Calls `look` with each record.
struct looking_handler
{
    std::function<void(record_view const&)> look;
    void on_message(record_view const& record) { look(record); }
    void on_tombstone(record_view const& record) { look(record); }
};

void look_at(std::vector<test_record> const& records, std::function<void(record_view const&)> look)
{
    auto const result = testing::run(looking_handler{std::move(look)}, records, {"orders", 3});
    BOOST_TEST(result.finished == records.size());
}

test_record with_headers()
{
    auto record = test_record{"k", "v"};
    record.headers = {{"trace", "1"}, {"empty", ""}, {"null", std::nullopt}, {"trace", "2"}};
    return record;
}

} // namespace

BOOST_AUTO_TEST_SUITE(records_suite)

BOOST_AUTO_TEST_CASE(a_record_knows_its_place)
{
    look_at({{"k", "v"}},
            [](record_view const& record)
            {
                BOOST_TEST(record.topic() == "orders");
                BOOST_TEST(record.partition() == 3);
                BOOST_TEST(record.offset() == 0);
                BOOST_TEST(record.key() == "k");
                BOOST_TEST(record.value() == "v");
                BOOST_TEST(record.key_bytes().size() == 1U);
                BOOST_TEST(record.value_bytes().size() == 1U);
            });
}

BOOST_AUTO_TEST_CASE(null_and_empty_differ)
{
    auto seen = std::vector<std::pair<bool, bool>>{};
    look_at({{{}, {}}, {"", ""}},
            [&](record_view const& record)
            {
                BOOST_TEST(record.key().empty());
                BOOST_TEST(record.value().empty());
                seen.emplace_back(record.has_key(), record.is_tombstone());
            });
    BOOST_TEST((seen == std::vector<std::pair<bool, bool>>{{false, true}, {true, false}}));
}

BOOST_AUTO_TEST_CASE(offsets_follow_each_other_unless_given)
{
    auto records = std::vector<test_record>(4, test_record{{}, "v"});
    records[1].offset = 10;
    records[3].offset = 100;
    auto offsets = std::vector<std::int64_t>{};
    auto const result =
        testing::run(looking_handler{[&](record_view const& record) { offsets.push_back(record.offset()); }}, records);
    BOOST_TEST(offsets == (std::vector<std::int64_t>{0, 10, 11, 100}), boost::test_tools::per_element());
    BOOST_TEST(result.committable == 101);
}

BOOST_AUTO_TEST_CASE(a_timestamp_may_be_missing)
{
    auto stamped = test_record{{}, "v"};
    stamped.timestamp_ms = 1'700'000'000'123;
    auto oldest = test_record{{}, "v"};
    oldest.timestamp_ms = 0;
    auto seen = std::vector<std::optional<timestamp>>{};
    look_at({stamped, oldest, {{}, "v"}}, [&](record_view const& record) { seen.push_back(record.timestamp()); });
    BOOST_REQUIRE(seen.size() == 3U);
    BOOST_TEST(seen[0].value().time_since_epoch().count() == 1'700'000'000'123);
    BOOST_TEST(seen[1].value().time_since_epoch().count() == 0);
    BOOST_TEST(!seen[2]);
}

BOOST_AUTO_TEST_CASE(headers_are_seen_in_order)
{
    look_at({with_headers()},
            [](record_view const& record)
            {
                auto text = std::string{};
                for (auto const& [name, value] : record.headers())
                    text += std::string{name} + "=" + std::string{value.value_or("(null)")} + ";";
                BOOST_TEST(text == "trace=1;empty=;null=(null);trace=2;");
                BOOST_TEST(record.headers().size() == 4U);
                BOOST_TEST(record.headers()[1].value.value().empty());
            });
}

BOOST_AUTO_TEST_CASE(the_last_header_of_a_name_is_found)
{
    look_at({with_headers()},
            [](record_view const& record)
            {
                auto const headers = record.headers();
                BOOST_TEST(headers.find("trace").value().value() == "2");
                BOOST_TEST(headers.find("empty").value().value().empty());
                BOOST_TEST(!headers.find("null").value().has_value());
                BOOST_TEST(!headers.find("nothing").has_value());
            });
}

BOOST_AUTO_TEST_CASE(no_headers_are_an_empty_range)
{
    look_at({{{}, "v"}},
            [](record_view const& record)
            {
                BOOST_TEST(record.headers().empty());
                BOOST_TEST((record.headers().begin() == record.headers().end()));
                BOOST_TEST(!record.headers().find("trace").has_value());
            });
    BOOST_TEST(header_range{}.empty());
}

BOOST_AUTO_TEST_CASE(a_retained_record_outlives_the_run)
{
    auto kept = std::vector<retained_record>{};
    look_at({with_headers(), {"other", std::nullopt}},
            [&](record_view const& record) { kept.push_back(record.retain()); });
    BOOST_REQUIRE(kept.size() == 2U);
    auto const copy = kept[0];
    kept.erase(kept.begin());
    BOOST_TEST(copy.value() == "v");
    BOOST_TEST(copy.topic() == "orders");
    BOOST_TEST(copy.headers().find("trace").value().value() == "2");
    BOOST_TEST(kept[0].key() == "other");
    BOOST_TEST(kept[0].is_tombstone());
}

BOOST_AUTO_TEST_CASE(a_retained_record_can_be_retained_again)
{
    auto kept = std::optional<retained_record>{};
    look_at({{"k", "v"}}, [&](record_view const& record) { kept.emplace(record.retain().retain()); });
    BOOST_TEST(kept.value().value() == "v");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::records_test
