#include <paperboy/log_fields.hpp>

#include <charconv>

namespace paperboy
{

namespace
{

constexpr std::string_view librdkafka = "librdkafka: ";

// Topics are made of these.
constexpr std::string_view topic_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

// The number at the beginning of `text`, which is taken away.
template <class Number>
std::optional<Number> take_number(std::string_view& text) noexcept
{
    auto number = Number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take(std::string_view& text, std::string_view expected) noexcept
{
    if (!text.starts_with(expected))
        return false;
    text.remove_prefix(expected.size());
    return true;
}

} // namespace

log_fields fields_of(std::string_view line) noexcept
{
    auto fields = log_fields{};
    fields.text = line;
    if (take(fields.text, librdkafka))
    {
        fields.source = librdkafka.substr(0, librdkafka.size() - 2);
        return fields;
    }
    auto rest = line;
    auto const topic = rest.substr(0, rest.find_first_not_of(topic_letters));
    rest.remove_prefix(topic.size());
    if (topic.empty() || !take(rest, "["))
        return fields;
    auto const partition = take_number<std::int32_t>(rest);
    if (!partition || !take(rest, "]"))
        return fields;
    auto offset = std::optional<std::int64_t>{};
    if (take(rest, "@"))
        offset = take_number<std::int64_t>(rest);
    if (!take(rest, ": "))
        return fields;
    fields.topic = topic;
    fields.partition = partition;
    fields.offset = offset;
    fields.text = rest;
    return fields;
}

} // namespace paperboy
