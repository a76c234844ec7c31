// Decoded keys and values: integer keys, and JSON values by a serde of our own.
//
//     ./10_serdes

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <simdjson.h>

#include <iostream>
#include <memory>
#include <string>

namespace
{

struct order
{
    std::string item;
    std::int64_t quantity = 0;
};

// A serde is any class with a value_type and decode(). Each partition works with a copy of its own, and `out` is the
// same object from record to record: both may keep memory. Copies are used by several threads at the same time, so each
// has a parser of its own: a shared one would be a data race.
class order_serde
{
public:
    using value_type = order;

    order_serde() : parser_{std::make_unique<simdjson::ondemand::parser>()} {}
    order_serde(order_serde const& /*other*/) : order_serde{} {}
    order_serde(order_serde&&) noexcept = default;
    order_serde& operator=(order_serde const& other) { return *this = order_serde{other}; }
    order_serde& operator=(order_serde&&) noexcept = default;
    ~order_serde() = default;

    void decode(paperboy::bytes_view data, order& out)
    {
        // simdjson reads a little past the end, where a record has no room.
        padded_.assign(reinterpret_cast<char const*>(data.data()), data.size());
        padded_.reserve(data.size() + simdjson::SIMDJSON_PADDING);
        auto document = parser_->iterate(padded_);
        auto item = std::string_view{};
        if (document["item"].get_string().get(item) != simdjson::SUCCESS ||
            document["quantity"].get_int64().get(out.quantity) != simdjson::SUCCESS)
            throw paperboy::decode_error{"an order has a text \"item\" and a whole number \"quantity\""};
        out.item = item;
    }

private:
    std::unique_ptr<simdjson::ondemand::parser> parser_;
    std::string padded_;
};

struct order_handler
{
    void on_message(paperboy::record<std::int64_t, order> const& record)
    {
        std::cout << "customer " << record.key().value_or(-1) << " orders " << record.value().quantity << ' '
                  << record.value().item << '\n';
    }

    void on_tombstone(paperboy::keyed_record<std::int64_t> const& record)
    {
        std::cout << "customer " << record.key().value_or(-1) << " is gone\n";
    }

    // What cannot be decoded comes here like any other exception.
    paperboy::error_action on_error(std::exception_ptr const& error, paperboy::record_view const& record)
    {
        std::cout << "offset " << record.offset() << ": " << paperboy::describe(error) << '\n';
        return paperboy::error_action::skip;
    }
};

std::string key(std::int64_t customer)
{
    auto bytes = std::string{};
    paperboy::integer<std::int64_t>{}.encode(customer, bytes);
    return bytes;
}

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("orders", 1);
    auto const send = [&](std::string const& customer, std::optional<std::string_view> value)
    { cluster.produce("orders", {.key = customer, .value = value}); };
    send(key(7), R"({"item":"lamp","quantity":2})");
    send(key(8), R"({"item":"desk"})");
    send("x", R"({"item":"desk","quantity":1})");
    send(key(7), std::nullopt);

    boost::asio::io_context context;
    auto settings = examples::mock_config(cluster.bootstrap_servers());
    settings.log = paperboy::logger{paperboy::log_level::off};
    paperboy::engine engine{context, std::move(settings)};
    engine.handle("orders", paperboy::integer<std::int64_t>{}, order_serde{}, order_handler{});
    return examples::run_until(context, engine, 4);
}
