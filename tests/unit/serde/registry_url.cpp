#include "serde/registry_url.hpp"

#include <paperboy/error.hpp>

#include <boost/test/unit_test.hpp>

namespace paperboy::serde::registry_url_test
{

BOOST_AUTO_TEST_SUITE(registry_url_suite)

BOOST_AUTO_TEST_CASE(urls_are_taken_apart)
{
    auto const plain = parse_registry_url("http://localhost:8081/apis/ccompat/v7/");
    BOOST_TEST(!plain.tls);
    BOOST_TEST(plain.host == "localhost");
    BOOST_TEST(plain.port == "8081");
    BOOST_TEST(plain.prefix == "/apis/ccompat/v7");
    BOOST_TEST(plain.shown() == "http://localhost:8081/apis/ccompat/v7");

    auto const secure = parse_registry_url("https://al%40ice:se%3Acret%2f@[::1]");
    BOOST_TEST(secure.tls);
    BOOST_TEST(secure.host == "::1");
    BOOST_TEST(secure.port == "443");
    BOOST_TEST(secure.user == "al@ice");
    BOOST_TEST(secure.password == "se:cret/");
    BOOST_TEST(secure.shown() == "https://[::1]:443");

    BOOST_TEST(parse_registry_url("http://registry").port == "80");
    BOOST_TEST(parse_registry_url("http://registry/").prefix.empty());
}

BOOST_AUTO_TEST_CASE(bad_urls_are_refused_without_showing_secrets)
{
    for (auto const* text : {"",
                             "localhost:8081",
                             "ftp://alice:secret@host",
                             "http://",
                             "http://:80",
                             "http://alice:secret@",
                             "http://h:",
                             "http://h:0",
                             "http://h:65536",
                             "http://h:port",
                             "http://h:80:81",
                             "http://[::1",
                             "http://[::1]x",
                             "http://h/a b",
                             "http://h/a?b",
                             "http://h/a#b",
                             "http://h h",
                             "http://alice:secret%@h",
                             "http://alice:secret%4@h",
                             "http://alice:secret%zz@h",
                             "http://:secret@h",
                             "http://a%3Ab:secret@h",
                             "http://alice:secret/secret@h",
                             "alice:secret@h",
                             "http://h/a\r\nsecret: b@"})
        BOOST_CHECK_EXCEPTION(static_cast<void>(parse_registry_url(text)), setup_error,
                              [](setup_error const& error)
                              {
                                  auto const what = std::string_view{error.what()};
                                  return error.code() == errc::invalid_config && what.find("secret") == what.npos &&
                                         what.find("urls") != what.npos;
                              });
}

BOOST_AUTO_TEST_CASE(segments_are_encoded)
{
    BOOST_TEST(percent_encoded("a-Z_0.9~") == "a-Z_0.9~");
    BOOST_TEST(percent_encoded("a/b c?\xc3\xa4") == "a%2Fb%20c%3F%C3%A4");
}

BOOST_AUTO_TEST_CASE(foreign_text_becomes_printable_and_short)
{
    BOOST_TEST(printable("a\nb\tc\x7f\xff") == "a b c  ");
    BOOST_TEST(printable("abcdef", 3) == "abc…");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::serde::registry_url_test
