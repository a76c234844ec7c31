// Where texts are read, and how long what was decoded lives.

#include "unit/serde/json_support.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/mman.h>

#include <cstring>
#include <memory>

namespace paperboy::json_memory_test
{
namespace
{

using namespace test;

// A page, and behind it one that must not be touched.
class guarded_page
{
public:
    static constexpr std::size_t size = 4096;

    guarded_page()
    {
        auto* const memory = ::mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::bad_alloc{};
        memory_ = static_cast<char*>(memory);
        if (::mprotect(memory_ + size, size, PROT_NONE) != 0)
            throw std::bad_alloc{};
    }
    guarded_page(guarded_page const&) = delete;
    guarded_page& operator=(guarded_page const&) = delete;
    ~guarded_page() { ::munmap(memory_, 2 * size); }

    // The text, `gap` bytes before the guarded page, with `filler` all around.
    std::string_view put(std::string_view text, std::size_t gap, char filler)
    {
        std::memset(memory_, filler, size);
        return {std::char_traits<char>::copy(memory_ + size - gap - text.size(), text.data(), text.size()),
                text.size()};
    }

private:
    char* memory_ = nullptr;
};

struct bulk_reader
{
    std::vector<std::string> seen;

    void on_message(record<view> const& record) { seen.emplace_back(record.value().text); }
    boost::asio::awaitable<void> on_bulk(std::span<record<view> const> records)
    {
        for (auto const& each : records)
            seen.emplace_back(each.value().text);
        co_return;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(json_memory_suite)

BOOST_AUTO_TEST_CASE(at_the_end_of_a_page_nothing_behind_it_is_read)
{
    auto page = guarded_page{};
    auto serde = json<order>{};
    auto out = order{};
    constexpr auto text =
        std::string_view{R"({"id":7,"items":[{"name":"x","price":1.5}],"customer":"Ada","paid":false,"discount":12})"};
    for (std::size_t gap = 0; gap <= 80; ++gap)
        for (auto const filler : {'\0', ' ', '}', ']', '"', ',', ':', '1', '\\', '\xff'})
        {
            auto const value = page.put(text, gap, filler);
            serde.decode(bytes_of(value), out);
            BOOST_REQUIRE((out == order{7, "Ada", {{"x", 1.5, {}}}, false, 12}));
            // Copied or not: the view is into the record.
            BOOST_REQUIRE((out.customer.data() > value.data() && out.customer.data() < value.data() + value.size()));
        }
}

BOOST_AUTO_TEST_CASE(what_follows_in_the_page_does_not_complete_a_broken_text)
{
    auto page = guarded_page{};
    auto serde = json<order>{};
    auto out = order{};
    for (auto const* const text : {R"({"id":7,"items":[],"customer":"Ada","paid":false)", R"({"id":7,"items":[)",
                                   R"({"id":)", R"({"id)", R"({"id":7,"x":[{"y":[)"})
        for (std::size_t gap = 0; gap <= 80; gap += 8)
            for (auto const filler : {'}', ']', '"', ',', ':', '1'})
                BOOST_REQUIRE_THROW(serde.decode(bytes_of(page.put(text, gap, filler)), out), decode_error);
}

BOOST_AUTO_TEST_CASE(scalars_at_the_end_of_a_page)
{
    auto page = guarded_page{};
    auto number = json<std::int64_t>{};
    auto real = json<double>{};
    auto whole = std::int64_t{0};
    auto out = 0.0;
    for (std::size_t gap = 0; gap <= 80; ++gap)
        for (auto const filler : {'0', '9', '.', 'e', ' '})
        {
            number.decode(bytes_of(page.put("123", gap, filler)), whole);
            BOOST_REQUIRE(whole == 123);
            real.decode(bytes_of(page.put("-1.25", gap, filler)), out);
            BOOST_REQUIRE(out == -1.25);
        }
}

BOOST_AUTO_TEST_CASE(all_texts_of_a_bulk_are_valid_together)
{
    auto records = std::vector<testing::test_record>{};
    auto expected = std::vector<std::string>{};
    for (auto i = 0; i < 500; ++i)
    {
        auto const number = std::to_string(i);
        records.push_back({.value = R"({"text":"\u0041)" + number + R"("})"});
        expected.push_back("A" + number);
    }
    auto reader = bulk_reader{};
    auto const result = testing::run_bulk(json<view>{}, std::ref(reader), records);
    BOOST_TEST(result.finished == 500U);
    BOOST_TEST(reader.seen == expected, boost::test_tools::per_element());
    reader.seen.clear();
    static_cast<void>(testing::run(json<view>{}, std::ref(reader), records));
    BOOST_TEST(reader.seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_serde_is_told_before_each_record_and_once_for_a_bulk)
{
    struct told
    {
        using value_type = int;
        std::shared_ptr<std::string> calls;
        void decode(bytes_view, int&) const { *calls += 'd'; }
        void forget() const { *calls += 'f'; }
    };
    struct handler
    {
        void on_message(record<int> const&) {}
        void on_bulk(std::span<record<int> const>) {}
    };
    auto const calls = std::make_shared<std::string>();
    auto const records = std::vector<testing::test_record>{{.value = ""}, {.key = "x"}, {.value = ""}};
    static_cast<void>(testing::run(told{calls}, handler{}, records));
    BOOST_TEST(*calls == "fdffd");
    calls->clear();
    static_cast<void>(testing::run_bulk(told{calls}, handler{}, records));
    BOOST_TEST(*calls == "fdd");
}

BOOST_AUTO_TEST_CASE(copies_have_their_own_memory)
{
    auto first = json<view>{};
    auto one = view{};
    first.decode(bytes_of(R"({"text":"\u0041"})"), one);
    auto second = first;
    auto other = view{};
    second.forget();
    second.decode(bytes_of(R"({"text":"\u0042"})"), other);
    BOOST_TEST(one.text == "A");
    BOOST_TEST(other.text == "B");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::json_memory_test
