#include <paperboy/detail/dead_letter.hpp>
#include <paperboy/detail/exception_type.hpp>

#include <boost/core/demangle.hpp>

#include <cxxabi.h>

#include <typeinfo>
#include <utility>

namespace paperboy::detail
{
namespace
{

constexpr std::size_t longest_message = 1000;

// Cut in front of a UTF-8 sequence, not in the middle of one.
std::string capped(std::string text)
{
    if (text.size() <= longest_message)
        return text;
    auto end = longest_message;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
        --end;
    text.resize(end);
    return text;
}

} // namespace

std::string dead_letter_topic(std::string_view source, std::string_view chosen)
{
    return chosen.empty() ? std::string{source} + ".dlq" : std::string{chosen};
}

dead_letter::dead_letter(record_view const& record, burial const& why, std::string_view group) : record_{record}
{
    texts_.reserve(most_headers);
    for (auto const& each : record.headers())
        headers_.push_back(each);
    add("__paperboy.errors.topic", std::string{record.topic()});
    add("__paperboy.errors.partition", std::to_string(record.partition()));
    add("__paperboy.errors.offset", std::to_string(record.offset()));
    if (auto const time = record.timestamp())
        add("__paperboy.errors.timestamp", std::to_string(time->time_since_epoch().count()));
    add("__paperboy.errors.group", std::string{group});
    add("__paperboy.errors.stage", std::string{to_string(why.where)});
    add("__paperboy.errors.exception.class.name", exception_type(why.error));
    add("__paperboy.errors.exception.message", capped(describe(why.error)));
    add("__paperboy.errors.attempts", std::to_string(why.attempts));
}

void dead_letter::add(std::string_view name, std::string text)
{
    headers_.push_back({name, texts_.emplace_back(std::move(text))});
}

outgoing_view dead_letter::view(std::size_t topic) const noexcept
{
    auto what = outgoing_view{};
    what.topic = topic;
    what.partition = record_.partition();
    if (record_.has_key())
        what.key = record_.key();
    if (!record_.is_tombstone())
        what.value = record_.value();
    if (auto const time = record_.timestamp())
        what.timestamp_ms = sendable_ms(*time);
    what.headers = headers_;
    return what;
}

} // namespace paperboy::detail
