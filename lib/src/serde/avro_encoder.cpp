#include <paperboy/detail/avro_encoder.hpp>

#include "serde/avro_schema_text.hpp"
#include "serde/avro_write.hpp"
#include "serde/wire_format.hpp"

#include <paperboy/error.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <mutex>
#include <optional>

namespace paperboy::detail
{

// What the copies of an encoder share. The writer is made when it is first asked for: a serde that only decodes needs
// none, and its type need not have a schema.
class avro_outlet
{
public:
    avro_outlet(avro_type const& of, std::string schema, subject_name subject, record_part which)
        : naming{subject}, part{which}, type_{of}, text_{std::move(schema)}
    {
    }

    serde::avro_writer const& writer()
    {
        std::call_once(made_, [this] { make(); });
        return *writer_;
    }
    std::string const& text()
    {
        static_cast<void>(writer());
        return text_;
    }

    subject_name const naming;
    record_part const part;
    // 0: not registered; the registry's ids begin at 1.
    std::atomic<std::int32_t> id{0};

private:
    void make()
    {
        try
        {
            if (text_.empty())
                text_ = serde::schema_text(type_);
            writer_.emplace(serde::avro_schema{text_}, type_);
        }
        catch (serde::avro_schema_error const& error)
        {
            throw setup_error{errc::invalid_schema, std::string{"paperboy: Avro cannot be written: "} + error.what()};
        }
    }

    avro_type const& type_;
    std::once_flag made_;
    std::string text_;
    std::optional<serde::avro_writer> writer_;
};

namespace
{

std::string subject_of(avro_outlet& outlet, std::string const& topic)
{
    if (outlet.naming == subject_name::topic)
        return topic + (outlet.part == record_part::key ? "-key" : "-value");
    auto const& schema = outlet.writer().schema();
    auto const& name = schema[schema.root()].name;
    if (name.empty())
        throw setup_error{errc::invalid_schema, "paperboy: only a record, enum or fixed has a name to register its "
                                                "schema under; use subject_name::topic"};
    return outlet.naming == subject_name::record ? name : topic + "-" + name;
}

boost::asio::awaitable<std::int32_t> add_to(schema_registry registry, std::shared_ptr<avro_outlet> outlet,
                                            std::string topic, avro_decoder reader)
{
    auto subject = subject_of(*outlet, topic);
    auto draft = schema_draft{outlet->text()};
    auto const id = co_await registry.async_register(std::move(subject), std::move(draft), boost::asio::use_awaitable);
    reader.know(id, outlet->text());
    outlet->id.store(id, std::memory_order_release);
    co_return id;
}

} // namespace

avro_encoder::avro_encoder(schema_registry registry, avro_type const& type, std::string schema, subject_name naming,
                           record_part part)
    : registry_{std::move(registry)}, outlet_{std::make_shared<avro_outlet>(type, std::move(schema), naming, part)}
{
}

std::string const& avro_encoder::schema() const
{
    return outlet_->text();
}

// No coroutine itself: it would first look at this object when it is resumed, which may be gone by then.
boost::asio::awaitable<std::int32_t> avro_encoder::add(std::string topic, avro_decoder reader) const
{
    return add_to(registry_, outlet_, std::move(topic), std::move(reader));
}

void avro_encoder::encode(void const* object, std::string& out) const
{
    auto const id = outlet_->id.load(std::memory_order_acquire);
    if (id == 0)
        throw encode_error{"Avro: the schema is not registered; await async_register(topic) before the first encode"};
    serde::append_header(id, out);
    outlet_->writer().write(object, out);
}

} // namespace paperboy::detail
