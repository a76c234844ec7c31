// Confluent's wire format, typed and generic: a byte 0, a schema's id, a body, any of which may be anything. The
// registry is replaced by a few schemas: the type's own, those of other records, one that contains itself, one that is
// none.

#include <paperboy/avro_datum.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <array>
#include <cstdlib>
#include <map>
#include <stdexcept>

namespace fuzzed
{

struct line
{
    std::string sku;
    std::optional<double> price;
    std::vector<line> parts;
};
BOOST_DESCRIBE_STRUCT(line, (), (sku, price, parts))

struct order
{
    std::int64_t id = 0;
    std::string_view item;
    std::vector<line> lines;
    std::map<std::string, int> tags;
    std::variant<std::monostate, std::int64_t, std::string> any;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, item, lines, tags, any))

} // namespace fuzzed

template <>
struct paperboy::avro_traits<fuzzed::order>
{
    static constexpr bool has_default(std::string_view) { return true; }
};

namespace paperboy
{
namespace
{

std::array<std::pair<schema_type, char const*>, 6> constexpr schemas{{
    {schema_type::avro, R"({"type":"record","name":"order","fields":[
        {"name":"id","type":"long"},{"name":"item","type":"string"},
        {"name":"lines","type":{"type":"array","items":{"type":"record","name":"line","fields":[
            {"name":"sku","type":"string"},{"name":"price","type":["null","double"]},
            {"name":"parts","type":{"type":"array","items":"line"}}]}}},
        {"name":"tags","type":{"type":"map","values":"int"}},
        {"name":"any","type":["null","long","string"]}]})"},
    {schema_type::avro, R"({"type":"record","name":"order","fields":[
        {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
        {"name":"day","type":{"type":"int","logicalType":"date"}},
        {"name":"time","type":{"type":"int","logicalType":"time-millis"}},
        {"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
        {"name":"period","type":{"type":"fixed","name":"p","size":12,"logicalType":"duration"}},
        {"name":"key","type":{"type":"string","logicalType":"uuid"}},
        {"name":"state","type":{"type":"enum","name":"s","symbols":["a","b"]}},
        {"name":"real","type":"float"},{"name":"yes","type":"boolean"},{"name":"id","type":"int"}]})"},
    {schema_type::avro, R"({"type":"record","name":"order","fields":[{"name":"self","type":"order"}]})"},
    {schema_type::avro, R"({"type":"array","items":{"type":"map","values":["null","bytes"]}})"},
    {schema_type::avro, R"({"type":"record"})"},
    {schema_type::protobuf, "message order {}"},
}};

schema_ptr schema_of(std::int32_t id)
{
    static auto const known = []
    {
        auto out = std::vector<schema_ptr>{};
        for (auto const& [type, text] : schemas)
            out.push_back(std::make_shared<schema const>(
                schema{static_cast<std::int32_t>(out.size()) + 1, type, "TYPE", text, {}}));
        return out;
    }();
    return id >= 1 && static_cast<std::size_t>(id) <= known.size() ? known[static_cast<std::size_t>(id) - 1] : nullptr;
}

boost::asio::io_context& context()
{
    static auto io = boost::asio::io_context{};
    return io;
}

} // namespace

// ---- what stands in for the registry's client

class detail::registry_client
{
};

class schema_registry::owner
{
public:
    detail::registry_handle client = std::make_shared<detail::registry_client>();
};

schema_registry::schema_registry(executor_type, schema_registry_settings const&)
    : owner_{std::make_shared<owner const>()}
{
}
schema_registry::executor_type schema_registry::get_executor() const
{
    return context().get_executor();
}
detail::registry_handle schema_registry::client() const
{
    return owner_->client;
}
// Some are cached, others have to be fetched.
schema_ptr schema_registry::find(std::int32_t id) const
{
    return id % 2 == 0 ? schema_of(id) : nullptr;
}

namespace detail
{

boost::asio::any_io_executor executor_of(registry_client const&)
{
    return context().get_executor();
}
boost::asio::any_io_executor strand_of(registry_client const&)
{
    return context().get_executor();
}
boost::asio::awaitable<schema_ptr> fetch_schema(registry_handle, std::int32_t id)
{
    auto const found = schema_of(id);
    if (!found)
        throw registry_error{errc::unknown_schema, "no such id"};
    co_return found;
}
boost::asio::awaitable<subject_version> fetch_version(registry_handle, std::string, std::int32_t)
{
    throw registry_error{errc::unknown_schema, "no such subject"};
    co_return subject_version{};
}
boost::asio::awaitable<std::int32_t> register_schema(registry_handle, std::string, schema_draft)
{
    co_return 1;
}

} // namespace detail

namespace
{

template <class T>
bool decode(avro<T>& serde, bytes_view data, T& out)
{
    try
    {
        if (!serde.ready(data))
        {
            context().restart();
            boost::asio::co_spawn(context(), serde.prepare(data),
                                  [](std::exception_ptr const& failed)
                                  {
                                      if (failed)
                                          std::rethrow_exception(failed);
                                  });
            context().run();
        }
        serde.decode(data, out);
        return true;
    }
    catch (decode_error const&)
    {
        return false;
    }
}

} // namespace
} // namespace paperboy

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* from, std::size_t size)
{
    using namespace paperboy;
    static auto const registry = schema_registry{context().get_executor(), schema_registry_settings{}};
    auto options = avro_options{};
    options.max_depth = 32;
    options.max_items = 10'000;
    static auto typed = avro<fuzzed::order>{registry, options};
    static auto generic = avro<avro_datum>{registry, options};
    auto const data = std::as_bytes(std::span{from, size});
    auto order = fuzzed::order{};
    static_cast<void>(decode(typed, data, order));
    auto datum = avro_datum{};
    if (!decode(generic, data, datum))
        return 0;
    auto const json = datum.to_json();
    if (json.empty() || !datum.root() || datum.writer_schema() == nullptr)
        std::abort();
    static_cast<void>(datum.root().at("lines/0/parts/0/sku"));
    static_cast<void>(datum.root().at("0/a"));
    return 0;
}
