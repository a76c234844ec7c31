#pragma once

#include <paperboy/detail/hook_run.hpp>
#include <paperboy/error.hpp>
#include <paperboy/record.hpp>
#include <paperboy/serde.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

namespace paperboy::detail
{

// Stands for "no serde: the bytes as they are".
struct no_serde
{
};

template <class Serde>
inline constexpr bool decodes = !std::is_same_v<Serde, no_serde>;

// A serde that may have to wait for something before it can decode a record.
template <class Serde>
concept prepares_itself = requires(Serde& serde, bytes_view data) {
    { serde.ready(data) } noexcept -> std::convertible_to<bool>;
    { serde.prepare(data) } -> std::same_as<boost::asio::awaitable<void>>;
};

// The types that hooks see for a pair of serdes.
template <class KeySerde, class ValueSerde>
struct record_types
{
    static_assert(!decodes<KeySerde> || decodes<ValueSerde>, "a key serde comes with a value serde");

    static auto record_type()
    {
        if constexpr (!decodes<ValueSerde>)
            return std::type_identity<record_view>{};
        else if constexpr (!decodes<KeySerde>)
            return std::type_identity<paperboy::record<typename ValueSerde::value_type>>{};
        else
            return std::type_identity<
                paperboy::record<typename KeySerde::value_type, typename ValueSerde::value_type>>{};
    }
    static auto tombstone_type()
    {
        if constexpr (decodes<KeySerde>)
            return std::type_identity<keyed_record<typename KeySerde::value_type>>{};
        else
            return std::type_identity<record_view>{};
    }
    using record = typename decltype(record_type())::type;
    using tombstone = typename decltype(tombstone_type())::type;
};

// Fills a record's key and value from its bytes. A serde never sees a null key or value.
template <class KeySerde, class ValueSerde>
class record_decoder
{
public:
    using record = typename record_types<KeySerde, ValueSerde>::record;

    record_decoder(KeySerde key_serde, ValueSerde value_serde)
        : key_serde_{std::move(key_serde)}, value_serde_{std::move(value_serde)}
    {
    }

    // Tells the serdes that nothing decoded before is used any more: before a record, or before all of a bulk's.
    void forget()
    {
        if constexpr (requires { key_serde_.forget(); })
            key_serde_.forget();
        if constexpr (requires { value_serde_.forget(); })
            value_serde_.forget();
    }

    // Whether a record may have to wait at all.
    static constexpr bool prepares = prepares_itself<KeySerde> || prepares_itself<ValueSerde>;

    // Whether decode() can go ahead with the record, because nothing is missing or prepare() has been tried.
    [[nodiscard]] bool ready(record_view const& view) noexcept
        requires prepares
    {
        if (prepared_)
            return true;
        if constexpr (prepares_itself<KeySerde>)
            if (view.has_key() && !key_serde_.ready(view.key_bytes()))
                return false;
        if constexpr (prepares_itself<ValueSerde>)
            return view.is_tombstone() || value_serde_.ready(view.value_bytes());
        return true;
    }

    // Gets what the serdes need for the record. What they throw comes out of decode(): there the record's hooks are.
    boost::asio::awaitable<void> prepare(record_view view, hook_run& run)
        requires prepares
    {
        run.preparing(true);
        try
        {
            failed_in_ = hook::decode_key;
            if constexpr (prepares_itself<KeySerde>)
                if (view.has_key())
                    co_await key_serde_.prepare(view.key_bytes());
            failed_in_ = hook::decode_value;
            if constexpr (prepares_itself<ValueSerde>)
                if (!view.is_tombstone())
                    co_await value_serde_.prepare(view.value_bytes());
        }
        catch (...)
        {
            failure_ = std::current_exception();
        }
        run.preparing(false);
        prepared_ = true;
    }

    // The record's pass is over, perhaps without decode(): define_context comes first, and may have failed. What
    // prepare() has left of one record must not be taken for the next one's.
    void end_record() noexcept
        requires prepares
    {
        prepared_ = false;
        failure_ = nullptr;
    }

    // `where` says which of the two was at work when an exception comes out.
    void decode(record& into, hook& where)
    {
        if constexpr (prepares)
            throw_if_unprepared(where);
        auto const& view = static_cast<record_view const&>(into);
        if constexpr (decodes<KeySerde>)
        {
            where = hook::decode_key;
            auto& key = into.key();
            if (view.has_key())
                key_serde_.decode(view.key_bytes(), key ? *key : key.emplace());
            else
                key.reset();
        }
        if constexpr (decodes<ValueSerde>)
        {
            where = hook::decode_value;
            if (!view.is_tombstone())
                value_serde_.decode(view.value_bytes(), into.value());
        }
    }

private:
    void throw_if_unprepared(hook& where)
    {
        prepared_ = false;
        if (!failure_)
            return;
        where = failed_in_;
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }

    [[no_unique_address]] KeySerde key_serde_;
    [[no_unique_address]] ValueSerde value_serde_;

    // Of the record at hand, by prepare().
    bool prepared_ = false;
    hook failed_in_ = hook::decode_value;
    std::exception_ptr failure_;
};

} // namespace paperboy::detail
