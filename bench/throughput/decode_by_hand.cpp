// Three fields of each record by what others would take, in librdkafka's batch loop.

#include "throughput/decode_by_hand.hpp"
#include "throughput/packed_samples.hpp"
#include "throughput/page_view.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <avro.h>

#include <stdexcept>

namespace paperboy::bench
{
namespace
{

void check(int result)
{
    if (result != 0)
        throw std::runtime_error{avro_strerror()};
}

} // namespace

// In the order of the fields, up to the third; no eye to the end of the page, or to names that come twice.
struct json_by_hand::parts
{
    simdjson::ondemand::parser parser;
};

json_by_hand::json_by_hand() : parts_{std::make_unique<parts>()} {}
json_by_hand::~json_by_hand() = default;

std::uint64_t json_by_hand::decode(std::string_view value)
{
    auto document = parts_->parser.iterate(value.data(), value.size(), value.size() + simdjson::SIMDJSON_PADDING);
    auto object = document.get_object();
    auto view = page_view{};
    view.user = object.find_field("user").get_string().value();
    view.duration_ms = static_cast<std::uint32_t>(object.find_field("duration_ms").get_uint64().value());
    view.price = object.find_field("price").get_double().value();
    return view.sum();
}

std::uint64_t msgpack_by_hand::decode(std::string_view value)
{
    auto const document = nlohmann::json::from_msgpack(value.begin(), value.end());
    auto view = page_view{};
    view.user = document.at("user").get_ref<std::string const&>();
    view.duration_ms = document.at("duration_ms").get<std::uint32_t>();
    view.price = document.at("price").get<double>();
    return view.sum();
}

struct avro_by_hand::parts
{
    parts()
    {
        auto const& text = avro_page_schema();
        check(avro_schema_from_json_length(text.data(), text.size(), &schema));
        of = avro_generic_class_from_schema(schema);
        check(avro_generic_value_new(of, &record));
        reader = avro_reader_memory(text.data(), 0);
    }
    parts(parts const&) = delete;
    parts& operator=(parts const&) = delete;
    ~parts()
    {
        avro_reader_free(reader);
        avro_value_decref(&record);
        avro_value_iface_decref(of);
        avro_schema_decref(schema);
    }

    avro_schema_t schema = nullptr;
    avro_value_iface_t* of = nullptr;
    avro_value_t record{};
    avro_reader_t reader = nullptr;
};

avro_by_hand::avro_by_hand() : parts_{std::make_unique<parts>()} {}
avro_by_hand::~avro_by_hand() = default;

std::uint64_t avro_by_hand::decode(std::string_view value)
{
    avro_reader_memory_set_source(parts_->reader, value.data(), static_cast<std::int64_t>(value.size()));
    check(avro_value_read(parts_->reader, &parts_->record));
    auto view = page_view{};
    auto field = avro_value_t{};
    auto const* text = static_cast<char const*>(nullptr);
    auto size = std::size_t{0};
    auto duration = std::int32_t{0};
    check(avro_value_get_by_name(&parts_->record, "user", &field, nullptr));
    check(avro_value_get_string(&field, &text, &size));
    view.user = {text, size - 1}; // with the zero at its end
    check(avro_value_get_by_name(&parts_->record, "duration_ms", &field, nullptr));
    check(avro_value_get_int(&field, &duration));
    view.duration_ms = static_cast<std::uint32_t>(duration);
    check(avro_value_get_by_name(&parts_->record, "price", &field, nullptr));
    check(avro_value_get_double(&field, &view.price));
    return view.sum();
}

} // namespace paperboy::bench
