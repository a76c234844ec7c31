// The last record of each key in a bulk.

#include <paperboy/last_by_key.hpp>
#include <paperboy/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <span>

namespace paperboy::last_by_key_test
{
namespace
{

using testing::test_record;

template <class R>
std::string shown(std::vector<R const*> const& records)
{
    auto text = std::string{};
    for (auto const* const each : records)
        text += std::to_string(each->offset()) + " ";
    return text;
}

// What last_by_key makes of a bulk, as offsets.
struct folding_handler
{
    std::string& values;
    std::string& tombstones;

    void on_message(record_view const&) {}
    void on_bulk(std::span<record_view const> bulk)
    {
        auto const last = last_by_key(bulk);
        values = shown(last.values);
        tombstones = shown(last.tombstones);
    }
};

struct result
{
    std::string values;
    std::string tombstones;
};

result fold(std::vector<test_record> const& records)
{
    auto last = result{};
    auto const run = testing::run_bulk(folding_handler{last.values, last.tombstones}, records);
    BOOST_TEST(run.finished == records.size());
    return last;
}

} // namespace

BOOST_AUTO_TEST_SUITE(last_by_key_suite)

BOOST_AUTO_TEST_CASE(the_last_record_of_each_key_remains_in_offset_order)
{
    auto const last = fold({{"a", "1"}, {"b", "1"}, {"a", "2"}, {"c", "1"}, {"b", "2"}});
    BOOST_TEST(last.values == "2 3 4 ");
    BOOST_TEST(last.tombstones == "");
}

BOOST_AUTO_TEST_CASE(a_tombstone_replaces_a_value_and_a_value_a_tombstone)
{
    auto const last = fold({{"a", "1"}, {"b", {}}, {"a", {}}, {"b", "1"}, {"c", {}}});
    BOOST_TEST(last.values == "3 ");
    BOOST_TEST(last.tombstones == "2 4 ");
}

BOOST_AUTO_TEST_CASE(records_without_a_key_stand_for_themselves)
{
    auto const last = fold({{{}, "1"}, {{}, "2"}, {{}, {}}, {{}, "3"}});
    BOOST_TEST(last.values == "0 1 3 ");
    BOOST_TEST(last.tombstones == "2 ");
}

BOOST_AUTO_TEST_CASE(an_empty_key_is_a_key)
{
    BOOST_TEST(fold({{"", "1"}, {{}, "2"}, {"", "3"}}).values == "1 2 ");
}

BOOST_AUTO_TEST_CASE(an_empty_bulk_has_no_last_records)
{
    auto const last = last_by_key(std::span<record_view const>{});
    BOOST_TEST(last.values.empty());
    BOOST_TEST(last.tombstones.empty());
}

BOOST_AUTO_TEST_CASE(records_are_pointed_at_with_their_decoded_keys_and_values)
{
    struct handler
    {
        std::string seen;
        void on_message(record<std::string_view, std::string_view> const&) {}
        void did_receive_bulk_messages(std::vector<record<std::string_view, std::string_view>>& bulk)
        {
            seen += std::to_string(last_by_key(bulk).values.size()) + ":";
        }
        void on_bulk(std::span<record<std::string_view, std::string_view> const> bulk)
        {
            auto const last = last_by_key(bulk);
            for (auto const* const each : last.values)
            {
                BOOST_TEST((each >= bulk.data() && each < bulk.data() + bulk.size()));
                seen += std::string{*each->key()} + "=" + std::string{each->value()} + " ";
            }
            for (auto const* const each : last.tombstones)
                seen += "-" + std::string{*each->key()};
        }
    };
    auto folding = handler{};
    auto const run =
        testing::run_bulk(text{}, text{}, std::ref(folding), {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", {}}});
    BOOST_TEST(run.finished == 4U);
    BOOST_TEST(folding.seen == "2:b=2 a=3 -c");
}

BOOST_AUTO_TEST_CASE(it_agrees_with_a_map_on_random_bulks)
{
    auto random = std::mt19937{7};
    for (auto round = 0; round < 50; ++round)
    {
        auto records = std::vector<test_record>{};
        auto last = std::map<std::string, std::size_t>{};
        for (std::size_t i = 0; i < 200; ++i)
        {
            auto key = std::to_string(random() % 40);
            last[key] = i;
            records.push_back({std::move(key), random() % 3 == 0 ? std::nullopt : std::optional<std::string>{"v"}});
        }
        auto expected = std::map<bool, std::map<std::size_t, std::string>>{};
        for (auto const& [key, at] : last)
            expected[records[at].value.has_value()][at] = std::to_string(at) + " ";
        auto texts = std::map<bool, std::string>{};
        for (auto const& [kind, all] : expected)
            for (auto const& [at, text] : all)
                texts[kind] += text;
        auto const folded = fold(records);
        BOOST_TEST(folded.values == texts[true]);
        BOOST_TEST(folded.tombstones == texts[false]);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::last_by_key_test
