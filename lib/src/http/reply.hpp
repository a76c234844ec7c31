#pragma once

#include <boost/beast/http/status.hpp>

#include <functional>
#include <map>
#include <string>

namespace paperboy::http
{

// What is answered, but for the headers that all answers have.
struct reply
{
    boost::beast::http::status status = boost::beast::http::status::ok;
    std::string body;
};

// What is served at a path.
struct page
{
    std::string content_type;
    std::function<reply()> make;
};

using pages = std::map<std::string, page, std::less<>>;

} // namespace paperboy::http
