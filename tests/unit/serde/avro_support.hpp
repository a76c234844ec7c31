#pragma once

#include "serde/avro_plan.hpp"

#include <paperboy/error.hpp>
#include <paperboy/record.hpp>

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace paperboy::test
{

// Bytes of Avro, written by hand.
class avro_bytes
{
public:
    avro_bytes& number(std::int64_t value)
    {
        auto bits = (static_cast<std::uint64_t>(value) << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0U);
        for (; bits > 0x7fU; bits >>= 7U)
            out_ += static_cast<char>((bits & 0x7fU) | 0x80U);
        out_ += static_cast<char>(bits);
        return *this;
    }
    avro_bytes& text(std::string_view value)
    {
        number(static_cast<std::int64_t>(value.size()));
        out_ += value;
        return *this;
    }
    avro_bytes& raw(std::string_view value)
    {
        out_ += value;
        return *this;
    }
    template <class T>
    avro_bytes& number_raw(T value)
    {
        auto bytes = std::string(sizeof(T), '\0');
        std::memcpy(bytes.data(), &value, sizeof(T));
        out_ += bytes;
        return *this;
    }

    [[nodiscard]] std::string const& str() const noexcept { return out_; }

private:
    std::string out_;
};

// What a record of a schema is when it is read into a T.
template <class T>
void read_avro(std::string_view schema, std::string const& data, T& out, serde::avro_limits const& limits = {})
{
    auto const plan = serde::compile(serde::avro_schema{schema}, detail::avro_type_of<T>());
    serde::run(plan, std::as_bytes(std::span{data}), &out, limits);
}

template <class T>
T read_avro(std::string_view schema, avro_bytes const& data)
{
    auto out = T{};
    // In case `out` borrows.
    static auto kept = std::string{};
    kept = data.str();
    read_avro(schema, kept, out);
    return out;
}

// The text of the exception; empty when there is none.
template <class T>
std::string why_not(std::string_view schema, avro_bytes const& data, serde::avro_limits const& limits = {})
{
    try
    {
        auto out = T{};
        read_avro(schema, data.str(), out, limits);
        return "";
    }
    catch (decode_error const& error)
    {
        return error.what();
    }
    catch (serde::avro_schema_error const& error)
    {
        return std::string{"schema: "} + error.what();
    }
}

} // namespace paperboy::test
