#include <paperboy/error.hpp>

#include <string>

namespace paperboy
{
namespace
{

class paperboy_category_impl final : public boost::system::error_category
{
public:
    [[nodiscard]] char const* name() const noexcept override { return "paperboy"; }

    [[nodiscard]] std::string message(int code) const override
    {
        switch (static_cast<errc>(code))
        {
        case errc::invalid_config:
            return "the configuration cannot work";
        case errc::no_handler:
            return "no topic has a handler; call engine::handle before async_run";
        case errc::invalid_handler:
            return "the topic cannot be handled";
        case errc::already_running:
            return "the engine is already running";
        case errc::missing_topic:
            return "a handled topic does not exist";
        case errc::authentication_failed:
            return "the brokers refused the credentials";
        case errc::connect_timeout:
            return "the group gave no assignment within config::connect_timeout";
        case errc::handler_failed:
            return "a handler failed; engine::last_failure() says which";
        case errc::shutdown_timeout:
            return "the engine could not finish within config::shutdown_timeout";
        case errc::client_failed:
            return "librdkafka reported a fatal error";
        case errc::produce_failed:
            return "a record could not be produced; engine::last_failure() says which";
        case errc::not_running:
            return "the engine is not running";
        case errc::registry_unreachable:
            return "the schema registry does not answer";
        case errc::registry_refused:
            return "the schema registry refused the credentials";
        case errc::registry_bad_answer:
            return "the answer is not that of a schema registry";
        case errc::unknown_schema:
            return "the schema registry has no such schema";
        case errc::invalid_schema:
            return "the schema is not valid";
        case errc::incompatible_schema:
            return "the schema is not compatible with earlier versions of its subject";
        case errc::tls_failed:
            return "the TLS handshake with the brokers failed";
        case errc::fenced:
            return "another member of the group has our group.instance.id";
        case errc::no_token:
            return "config::oauth gave no usable token";
        case errc::restore_failed:
            return "a table could not be restored from its changelog";
        case errc::store_failed:
            return "the store of a table does not work";
        case errc::not_local:
            return "this engine does not have that partition of the table";
        case errc::restoring:
            return "the table is being restored";
        case errc::invalid_entry:
            return "an entry of a table is not what its serde expects";
        case errc::wrong_changelog:
            return "a table's changelog topic is not what the table needs";
        }
        return "unknown error " + std::to_string(code);
    }

    [[nodiscard]] bool equivalent(int code, boost::system::error_condition const& to) const noexcept override
    {
        if (to.category() != condition_category())
            return error_category::equivalent(code, to);
        if (code == 0)
            return false;
        auto const value = static_cast<errc>(code);
        auto const retriable = value == errc::connect_timeout || value == errc::shutdown_timeout ||
                               value == errc::not_running || value == errc::registry_unreachable ||
                               value == errc::no_token || value == errc::not_local || value == errc::restoring;
        return (to.value() == static_cast<int>(condition::retriable)) == retriable;
    }
};

class condition_category_impl final : public boost::system::error_category
{
public:
    [[nodiscard]] char const* name() const noexcept override { return "paperboy.condition"; }

    [[nodiscard]] std::string message(int value) const override
    {
        return value == static_cast<int>(condition::retriable) ? "may succeed later" : "needs a change to succeed";
    }
};

} // namespace

boost::system::error_category const& paperboy_category() noexcept
{
    static paperboy_category_impl const category;
    return category;
}

boost::system::error_category const& condition_category() noexcept
{
    static condition_category_impl const category;
    return category;
}

std::string_view to_string(hook value) noexcept
{
    switch (value)
    {
    case hook::define_context:
        return "define_context";
    case hook::decode_key:
        return "decoding the key";
    case hook::decode_value:
        return "decoding the value";
    case hook::did_receive_message:
        return "did_receive_message";
    case hook::on_message:
        return "on_message";
    case hook::on_tombstone:
        return "on_tombstone";
    case hook::on_error:
        return "on_error";
    case hook::on_finished_handling:
        return "on_finished_handling";
    case hook::did_receive_bulk_messages:
        return "did_receive_bulk_messages";
    case hook::on_bulk:
        return "on_bulk";
    case hook::on_bulk_error:
        return "on_bulk_error";
    }
    return "unknown hook";
}

std::string describe(std::exception_ptr const& error)
{
    if (!error)
        return "no error";
    try
    {
        std::rethrow_exception(error);
    }
    catch (std::exception const& known)
    {
        return known.what();
    }
    catch (...)
    {
        return "an exception that is not derived from std::exception";
    }
}

} // namespace paperboy
