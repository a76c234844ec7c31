#include <paperboy/json.hpp>
#include <paperboy/log_fields.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>

namespace paperboy
{
namespace
{

struct line_view
{
    std::string_view level;
    std::string_view source;
    std::optional<std::string_view> topic;
    std::optional<std::int32_t> partition;
    std::optional<std::int64_t> offset;
    std::string_view text;
};
BOOST_DESCRIBE_STRUCT(line_view, (), (level, source, topic, partition, offset, text))

std::string written(log_level level, std::string_view line)
{
    auto const fields = fields_of(line);
    auto view = line_view{};
    view.level = to_string(level);
    view.source = fields.source;
    if (!fields.topic.empty())
        view.topic = fields.topic;
    view.partition = fields.partition;
    view.offset = fields.offset;
    view.text = fields.text;
    auto text = std::string{};
    write_json(view, text);
    return text;
}

} // namespace

std::string json_line(log_level level, std::string_view line)
try
{
    return written(level, line);
}
catch (encode_error const&)
{
    auto readable = std::string{line};
    std::ranges::replace_if(readable, [](char each) { return static_cast<unsigned char>(each) >= 0x80; }, '?');
    return written(level, readable);
}

} // namespace paperboy
