#include <paperboy/detail/avro_decoder.hpp>

#include "serde/avro_datum_schema.hpp"
#include "serde/avro_plan.hpp"
#include "serde/bounded_cache.hpp"
#include "serde/wire_format.hpp"

#include <paperboy/avro_datum.hpp>
#include <paperboy/error.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace paperboy::serde
{

void throw_no_header(bytes_view data)
{
    if (data.size() < wire_header)
        throw decode_error{"Avro: expected a magic byte 0 and a schema's id, 5 bytes, found " +
                           std::to_string(data.size()) + " bytes"};
    throw decode_error{"Avro: expected the magic byte 0 of the registry's wire format, found " +
                       std::to_string(std::to_integer<unsigned>(data[0]))};
}

} // namespace paperboy::serde

namespace paperboy::detail
{

// A schema's plan, or why there can be none: that is as final as the schema.
class avro_compiled
{
public:
    explicit avro_compiled(std::int32_t schema_id) : id{schema_id} {}

    std::int32_t id;
    serde::avro_plan plan;
    // In place of the plan where the type is avro_datum.
    std::shared_ptr<avro_datum_schema const> any;
    std::string failure;
};

namespace
{

// Plans that are remembered; far more schemas than a topic has.
constexpr std::size_t most_plans = 1000;

// Schemas that one uses, and those use, and so on.
constexpr std::size_t most_references = 1000;

std::string named(std::int32_t id)
{
    return "Avro: schema id " + std::to_string(id) + ": ";
}

} // namespace

// What the copies of a decoder share, from any thread.
class avro_plans
{
public:
    using compiled_ptr = std::shared_ptr<avro_compiled const>;

    avro_plans(schema_registry from, avro_type const& into, std::string const& own_schema,
               serde::avro_limits const& at_most)
        : registry{std::move(from)}, type{into}, limits{at_most}, defaults_{defaults_in(own_schema)}
    {
    }

    // Null when the schema is not there, or others that it needs may not be.
    [[nodiscard]] compiled_ptr find(std::int32_t id)
    {
        if (auto known = look_up(id))
            return known;
        auto const found = registry.find(id);
        return found && found->references.empty() ? add(found, {}) : nullptr;
    }

    compiled_ptr add(schema_ptr const& writer, std::vector<std::string> const& known)
    {
        auto made = std::make_shared<avro_compiled>(writer->id);
        try
        {
            if (writer->type != schema_type::avro)
                throw serde::avro_schema_error{"it is of type " + writer->type_name + ", not AVRO"};
            auto tree = serde::avro_schema{writer->text, known};
            if (type.shape == avro_shape::datum)
                made->any = std::make_shared<avro_datum_schema const>(std::move(tree), writer);
            else
                made->plan = serde::compile(tree, type, defaults_);
        }
        catch (serde::avro_schema_error const& error)
        {
            made->failure = named(writer->id) + error.what();
        }
        return remember(std::move(made));
    }

    // A schema without a plan.
    compiled_ptr refuse(std::int32_t id, std::string const& why)
    {
        auto made = std::make_shared<avro_compiled>(id);
        made->failure = named(id) + why;
        return remember(std::move(made));
    }

    schema_registry const registry;
    avro_type const& type;
    serde::avro_limits const limits;

private:
    // Of what is no schema there are none: it is refused as soon as it is to be written with.
    [[nodiscard]] static serde::enum_defaults defaults_in(std::string const& schema)
    try
    {
        return schema.empty() ? serde::enum_defaults{} : serde::defaults_of_enums(serde::avro_schema{schema});
    }
    catch (serde::avro_schema_error const&)
    {
        return {};
    }

    compiled_ptr remember(compiled_ptr made)
    {
        auto const lock = std::scoped_lock{guard_};
        plans_.put(made->id, made);
        return made;
    }

    [[nodiscard]] compiled_ptr look_up(std::int32_t id) const
    {
        auto const lock = std::scoped_lock{guard_};
        auto const* found = plans_.find(id, {});
        return found != nullptr ? *found : nullptr;
    }

    serde::enum_defaults const defaults_;
    mutable std::mutex guard_;
    serde::bounded_cache<std::int32_t, compiled_ptr> plans_{most_plans};
};

namespace
{

// The texts of the schemas that one uses, those that others use first.
boost::asio::awaitable<void> fetch_references(schema_registry const& registry, schema const& of,
                                              std::vector<std::string>& texts, std::vector<std::int32_t>& ids,
                                              std::size_t depth)
{
    for (auto const& each : of.references)
    {
        auto const found = co_await registry.async_version(each.subject, each.version, boost::asio::use_awaitable);
        if (std::ranges::find(ids, found.schema->id) != ids.end())
            continue;
        ids.push_back(found.schema->id);
        if (ids.size() > most_references || depth > 32)
            throw serde::avro_schema_error{"it uses too many others"};
        co_await fetch_references(registry, *found.schema, texts, ids, depth + 1);
        texts.push_back(found.schema->text);
    }
}

} // namespace

avro_decoder::avro_decoder(schema_registry registry, avro_type const& type, std::string const& own_schema,
                           std::uint32_t max_depth, std::uint64_t max_items)
{
    if (max_depth < 1 || max_depth > 1000)
        throw setup_error{errc::invalid_config, "paperboy: avro_options::max_depth is " + std::to_string(max_depth) +
                                                    "; set it to 1 to 1000"};
    if (max_items < 1 || max_items > 1'000'000'000)
        throw setup_error{errc::invalid_config, "paperboy: avro_options::max_items is " + std::to_string(max_items) +
                                                    "; set it to 1 to 1000000000"};
    plans_ =
        std::make_shared<avro_plans>(std::move(registry), type, own_schema, serde::avro_limits{max_depth, max_items});
}

bool avro_decoder::ready(bytes_view data) noexcept
{
    try
    {
        auto const id = serde::wire_id(data);
        return !id || find(*id) != nullptr;
    }
    catch (...)
    {
        // No memory: prepare() says so.
        return false;
    }
}

boost::asio::awaitable<void> avro_decoder::prepare(bytes_view data)
{
    auto const id = serde::wire_id(data);
    if (!id || find(*id) != nullptr)
        co_return;
    auto failure = std::string{};
    try
    {
        auto const found = co_await plans_->registry.async_schema(*id, boost::asio::use_awaitable);
        auto texts = std::vector<std::string>{};
        auto ids = std::vector<std::int32_t>{*id};
        co_await fetch_references(plans_->registry, *found, texts, ids, 0);
        last_ = plans_->add(found, texts);
        co_return;
    }
    catch (registry_error const& error)
    {
        // A record is to blame for an id that nobody knows, but not for a registry that cannot be asked.
        if (error.code() == errc::registry_unreachable || error.code() == errc::registry_refused ||
            error.code() == errc::registry_bad_answer)
            throw registry_error{static_cast<errc>(error.code().value()), named(*id) + error.what()};
        failure = error.what();
    }
    catch (serde::avro_schema_error const& error)
    {
        last_ = plans_->refuse(*id, error.what());
        co_return;
    }
    throw decode_error{named(*id) + failure};
}

void avro_decoder::know(std::int32_t id, std::string text) const
{
    if (plans_->find(id))
        return;
    auto own = std::make_shared<schema>();
    own->id = id;
    own->text = std::move(text);
    static_cast<void>(plans_->add(own, {}));
}

void avro_decoder::decode(bytes_view data, void* into)
{
    auto const id = serde::wire_id(data);
    if (!id) [[unlikely]]
        serde::throw_no_header(data);
    auto const* compiled = find(*id);
    if (compiled == nullptr) [[unlikely]]
        throw decode_error{named(*id) + "it was not fetched before decoding"};
    if (!compiled->failure.empty()) [[unlikely]]
        throw decode_error{compiled->failure};
    auto const body = data.subspan(serde::wire_header);
    if (compiled->any)
        static_cast<avro_datum*>(into)->assign(compiled->any, body, plans_->limits.depth, plans_->limits.items);
    else
        serde::run(compiled->plan, body, into, plans_->limits);
}

avro_compiled const* avro_decoder::find(std::int32_t id)
{
    if (last_ && last_->id == id) [[likely]]
        return last_.get();
    auto found = plans_->find(id);
    if (!found)
        return nullptr;
    last_ = std::move(found);
    return last_.get();
}

} // namespace paperboy::detail
