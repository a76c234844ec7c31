// MessagePack, byte for byte as Python's msgpack writes it: into structs, and values of which nothing is known.
//
//     ./16_msgpack

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/msgpack_json.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <cstdint>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace
{

struct reading
{
    std::string_view sensor; // borrows from the record
    double value = 0;
    std::optional<std::int64_t> count;
};
BOOST_DESCRIBE_STRUCT(reading, (), (sensor, value, count))

// Keys are MessagePack too: here integers.
struct reading_handler
{
    void on_message(paperboy::record<std::int64_t, reading> const& record)
    {
        auto const& [sensor, value, count] = record.value();
        std::cout << "key " << record.key().value_or(0) << ": " << sensor << " reads " << value << ", "
                  << count.value_or(1) << " times\n";
    }

    paperboy::error_action on_error(std::exception_ptr const& error, paperboy::record_view const& record)
    {
        std::cout << "offset " << record.offset() << ": " << paperboy::describe(error) << '\n';
        return paperboy::error_action::skip;
    }
};

struct any_handler
{
    void on_message(paperboy::record<nlohmann::json> const& record) { std::cout << "any: " << record.value() << '\n'; }
};

template <class T>
std::string packed(T const& value)
{
    auto bytes = std::string{};
    paperboy::msgpack<T>{}.encode(value, bytes);
    return bytes;
}

void print_bytes(std::string_view bytes)
{
    std::cout << std::hex << std::setfill('0');
    for (auto const c : bytes)
        std::cout << std::setw(2) << static_cast<unsigned>(static_cast<unsigned char>(c));
    std::cout << std::dec << '\n';
}

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("readings", 1);
    auto const key = packed(std::int64_t{7});
    auto const value = packed(reading{"roof", 21.5, 3});
    print_bytes(value); // msgpack.packb({"sensor": "roof", "value": 21.5, "count": 3})
    cluster.produce("readings", {.key = key, .value = value});
    cluster.produce("readings", {.key = key, .value = packed(nlohmann::json{{"sensor", "cellar"}, {"value", 12}})});
    cluster.produce("readings", {.key = key, .value = packed(nlohmann::json{{"sensor", "attic"}, {"value", "warm"}})});

    auto const consume = [&](std::string group, auto set_up)
    {
        boost::asio::io_context context;
        auto settings = examples::mock_config(cluster.bootstrap_servers());
        settings.group_id = std::move(group);
        settings.log = paperboy::logger{paperboy::log_level::off};
        paperboy::engine engine{context, std::move(settings)};
        set_up(engine);
        return examples::run_until(context, engine, 3);
    };
    auto const typed = [](paperboy::engine& engine)
    { engine.handle("readings", paperboy::msgpack<std::int64_t>{}, paperboy::msgpack<reading>{}, reading_handler{}); };
    auto const untyped = [](paperboy::engine& engine)
    { engine.handle("readings", paperboy::msgpack<nlohmann::json>{}, any_handler{}); };
    if (auto const status = consume("typed", typed); status != 0)
        return status;
    return consume("untyped", untyped);
}
