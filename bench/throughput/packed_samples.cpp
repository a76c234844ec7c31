#include "throughput/packed_samples.hpp"

#include "throughput/page_view.hpp"

#include "serde/avro_schema_text.hpp"
#include "serde/avro_write.hpp"

#include <paperboy/json.hpp>
#include <paperboy/msgpack.hpp>

#include <span>

namespace paperboy::bench
{
namespace
{

using detail::avro_type_of;

// The page view of this number; its texts are those of `json`, which is left with them.
whole_page_view view_of(std::uint64_t number, std::uint64_t total, sample& json)
{
    static auto serde = paperboy::json<whole_page_view>{};
    find_topic_kind("json400").make(number, total, json);
    auto view = whole_page_view{};
    serde.forget();
    serde.decode(std::as_bytes(std::span{json.value}), view);
    return view;
}

} // namespace

void make_msgpack(std::uint64_t number, std::uint64_t total, sample& out)
{
    auto json = sample{};
    auto const view = view_of(number, total, json);
    out.key = json.key;
    out.value.clear();
    msgpack<whole_page_view>{}.encode(view, out.value);
}

void make_avro(std::uint64_t number, std::uint64_t total, sample& out)
{
    static auto const writer =
        serde::avro_writer{serde::avro_schema{avro_page_schema()}, avro_type_of<whole_page_view>()};
    auto json = sample{};
    auto const view = view_of(number, total, json);
    out.key = json.key;
    out.value.clear();
    writer.write(&view, out.value);
}

std::string const& avro_page_schema()
{
    static auto const text = serde::schema_text(avro_type_of<whole_page_view>());
    return text;
}

} // namespace paperboy::bench
