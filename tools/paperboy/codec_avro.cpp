#include "avro_json.hpp"
#include "codec.hpp"
#include "command.hpp"

#include <paperboy/avro_datum.hpp>
#include <paperboy/schema_registry.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <fstream>
#include <sstream>

namespace paperboy::cli
{
namespace
{

std::string content_of(std::string const& path)
{
    auto file = std::ifstream{path};
    auto text = std::ostringstream{};
    text << file.rdbuf();
    if (!file || text.str().empty())
        throw usage_error{"cannot read a schema from " + path + "; name a file that holds one"};
    return text.str();
}

// Waits for the registry by running an io_context of its own.
class avro_codec final : public codec
{
public:
    avro_codec(schema_registry_settings const& settings, avro_side side)
        : side_{std::move(side)}, registry_{context_, settings}, serde_{registry_}
    {
    }

    [[nodiscard]] json value(std::string_view bytes) override
    {
        auto const data = std::as_bytes(std::span{bytes.data(), bytes.size()});
        if (!serde_.ready(data))
            await(serde_.prepare(data));
        serde_.decode(data, datum_);
        return parse_json(datum_.to_json());
    }
    [[nodiscard]] std::string encode(std::string_view text) override { return encode_json(typed(text)); }
    [[nodiscard]] std::string encode_json(json const& value) override
    {
        if (!writer_)
            find_schema();
        auto bytes = std::string(1, '\0');
        for (auto shift = 24; shift >= 0; shift -= 8)
            bytes += static_cast<char>(static_cast<std::uint32_t>(id_) >> static_cast<unsigned>(shift) & 0xffU);
        writer_->write(value, bytes);
        return bytes;
    }

private:
    [[nodiscard]] static json typed(std::string_view text)
    try
    {
        return parse_json(text);
    }
    catch (json::parse_error const&)
    {
        throw command_failed{"\"" + std::string{text.substr(0, 100)} +
                             "\" is not JSON, which Avro is written from; texts need quotation marks"};
    }

    void await(boost::asio::awaitable<void> what)
    {
        auto failed = std::exception_ptr{};
        boost::asio::co_spawn(context_, std::move(what), [&](std::exception_ptr error) { failed = std::move(error); });
        context_.restart();
        context_.run();
        if (failed)
            std::rethrow_exception(failed);
    }

    void find_schema()
    {
        auto const subject = side_.topic + (side_.is_key ? "-key" : "-value");
        auto failed = std::exception_ptr{};
        auto text = side_.schema_file.empty() ? std::string{} : content_of(side_.schema_file);
        auto const registered = [&](std::exception_ptr error, std::int32_t id)
        {
            failed = std::move(error);
            id_ = id;
        };
        auto const found = [&](std::exception_ptr error, subject_version const& latest)
        {
            failed = std::move(error);
            if (failed)
                return;
            id_ = latest.schema->id;
            text = latest.schema->text;
        };
        if (text.empty())
            registry_.async_version(subject, schema_registry::latest, found);
        else
            registry_.async_register(subject, schema_draft{text}, registered);
        context_.restart();
        context_.run();
        if (failed)
            std::rethrow_exception(failed);
        writer_.emplace(text);
    }

    avro_side side_;
    boost::asio::io_context context_;
    schema_registry registry_;
    avro<avro_datum> serde_;
    avro_datum datum_;
    std::optional<avro_json_writer> writer_;
    std::int32_t id_ = 0;
};

} // namespace

std::unique_ptr<codec> make_avro_codec(schema_registry_settings const& registry, avro_side const& side)
{
    return std::make_unique<avro_codec>(registry, side);
}

} // namespace paperboy::cli
