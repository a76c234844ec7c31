#include <paperboy/json_document.hpp>
#include <paperboy/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <span>
#include <string>
#include <vector>

namespace paperboy::json_document_test
{
namespace
{

static_assert(deserializer<json_document> && serializer<json_document>);

bytes_view bytes_of(std::string_view text)
{
    return std::as_bytes(std::span{text});
}

struct reader
{
    std::vector<std::string> pages;

    void on_message(record<json_view> const& record) { read(record.value()); }
    void on_bulk(std::span<record<json_view> const> records)
    {
        for (auto const& each : records)
            read(each.value());
        read(records.front().value());
    }
    error_action on_error(std::exception_ptr const& error)
    {
        pages.push_back(describe(error));
        return error_action::skip;
    }

private:
    void read(json_view const& value)
    {
        pages.emplace_back(std::string_view{value["page"]});
        // Again, out of order, and nested.
        auto const id = std::int64_t{value["user"]["id"]};
        BOOST_TEST(std::string_view{value["page"]} == pages.back());
        BOOST_TEST(id == 7);
    }
};

std::vector<testing::test_record> some_records(int count)
{
    auto records = std::vector<testing::test_record>{};
    for (auto i = 0; i < count; ++i)
        records.push_back({.value = R"({"user":{"id":7},"page":"p\t)" + std::to_string(i) + R"("})"});
    return records;
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_document_suite)

BOOST_AUTO_TEST_CASE(fields_are_read_in_the_hook)
{
    auto pages = reader{};
    auto const result = testing::run(json_document{}, std::ref(pages), some_records(3));
    BOOST_TEST(result.failures.empty());
    BOOST_TEST(pages.pages == (std::vector<std::string>{"p\t0", "p\t1", "p\t2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_documents_of_a_bulk_are_read_one_after_the_other)
{
    auto pages = reader{};
    auto const result = testing::run_bulk(json_document{}, std::ref(pages), some_records(3));
    BOOST_TEST(result.failures.empty());
    BOOST_TEST(pages.pages == (std::vector<std::string>{"p\t0", "p\t1", "p\t2", "p\t0"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(broken_text_is_found_before_the_hook_or_in_it)
{
    auto pages = reader{};
    auto const result = testing::run(json_document{}, std::ref(pages),
                                     {{.value = "\"\xff\""}, {.value = "{\"page\":1}"}, {.value = "{\"page\""}});
    BOOST_REQUIRE(result.failures.size() == 3U);
    BOOST_TEST((result.failures[0].where == hook::decode_value));
    BOOST_TEST((result.failures[1].where == hook::on_message));
    BOOST_TEST(result.finished == 3U);
    BOOST_TEST(pages.pages[0].starts_with("expected JSON: "));
}

BOOST_AUTO_TEST_CASE(size_has_a_limit)
{
    auto serde = json_document{3};
    auto out = json_view{};
    serde.decode(bytes_of("[1]"), out);
    BOOST_CHECK_THROW(serde.decode(bytes_of("[12]"), out), decode_error);
    auto copy = serde;
    BOOST_CHECK_THROW(copy.decode(bytes_of("[12]"), out), decode_error);
}

BOOST_AUTO_TEST_CASE(it_is_written_as_it_was)
{
    auto serde = json_document{};
    auto out = json_view{};
    serde.decode(bytes_of(" [1 , 2]"), out);
    auto text = std::string{"x"};
    serde.encode(out, text);
    BOOST_TEST(text == "x [1 , 2]");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::json_document_test
