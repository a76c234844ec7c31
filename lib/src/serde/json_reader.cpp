#include <paperboy/detail/json_reader.hpp>

#include "serde/json_reader_state.hpp"

#include <paperboy/error.hpp>

#include <utility>

namespace paperboy
{

json_reader::json_reader(json_options const& options) : state_{std::make_unique<state>(options)} {}
json_reader::json_reader(json_reader const& other) : json_reader{other.state_->options()} {}
json_reader::json_reader(json_reader&& other) noexcept = default;
json_reader& json_reader::operator=(json_reader const& other)
{
    return *this = json_reader{other};
}
json_reader& json_reader::operator=(json_reader&& other) noexcept = default;
json_reader::~json_reader() = default;

void json_reader::begin(bytes_view data)
{
    state_->begin({reinterpret_cast<char const*>(data.data()), data.size()});
}

void json_reader::end()
{
    state_->end();
}

void json_reader::forget() noexcept
{
    state_->forget();
}

json_kind json_reader::kind()
{
    return state_->kind();
}

std::string_view json_reader::token()
{
    return state_->original(state_->token());
}

bool json_reader::null()
{
    return state_->token() == "null";
}

bool json_reader::boolean()
{
    auto const token = state_->token();
    if (token == "true")
        return true;
    if (token != "false")
        fail("true or false");
    return false;
}

bool json_reader::whole_number()
{
    return state_->token().find_first_of(".eE") == std::string_view::npos;
}

std::int64_t json_reader::integer(std::int64_t min, std::int64_t max)
{
    auto const found = serde::parse_json_int64(state_->token());
    if (!found || *found < min || *found > max) [[unlikely]]
        fail("a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return *found;
}

std::uint64_t json_reader::integer(std::uint64_t max)
{
    auto const found = serde::parse_json_uint64(state_->token());
    if (!found || *found > max) [[unlikely]]
        fail("a whole number from 0 to " + std::to_string(max));
    return *found;
}

double json_reader::number()
{
    auto value = 0.0;
    auto const how = serde::parse_json_double(state_->token(), value);
    if (how != serde::json_number::good) [[unlikely]]
        fail(how == serde::json_number::too_large ? "a number within the range of double" : "a number");
    return value;
}

std::string_view json_reader::text()
{
    return state_->text();
}

void json_reader::text(std::string& out)
{
    state_->text(out);
}

void json_reader::fail(std::string_view expected)
{
    state_->fail(expected);
}

void json_reader::fail_twice()
{
    state_->fail_twice();
}

void json_reader::read_object(void* object, detail::json_fields const& fields)
{
    state_->read_object(*this, object, fields);
}

void json_reader::read_array(void* target, void (*each)(json_reader&, void*, std::size_t))
{
    state_->read_array([&](std::size_t index) { each(*this, target, index); });
}

void json_reader::read_mapping(void* target, void (*each)(json_reader&, void*, std::string_view))
{
    state_->read_mapping([&](std::string_view key) { each(*this, target, key); });
}

std::size_t json_reader::fitting(std::span<detail::json_fields const> candidates)
{
    return state_->fitting(candidates);
}

} // namespace paperboy
