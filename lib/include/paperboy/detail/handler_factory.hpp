#pragma once

#include <paperboy/detail/handler_adapter.hpp>
#include <paperboy/handler.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace paperboy::detail
{

// One handler object for all partitions of its topic.
template <class H, class KeySerde, class ValueSerde>
class shared_handler_factory final : public batch_handler_factory
{
public:
    shared_handler_factory(H handler, KeySerde key_serde, ValueSerde value_serde)
        : handler_{std::move(handler)}, key_serde_{std::move(key_serde)}, value_serde_{std::move(value_serde)}
    {
    }

    [[nodiscard]] bool asynchronous() const noexcept override { return adapter::is_asynchronous; }

    [[nodiscard]] std::unique_ptr<batch_handler> make(topic_partition const&) override
    {
        plain& handler = handler_;
        return std::make_unique<adapter>(handler, key_serde_, value_serde_);
    }

private:
    using plain = std::remove_reference_t<std::unwrap_reference_t<H>>;
    using adapter = handler_adapter<plain, KeySerde, ValueSerde>;

    H handler_;
    [[no_unique_address]] KeySerde key_serde_;
    [[no_unique_address]] ValueSerde value_serde_;
};

// An adapter together with the handler that it alone uses.
template <class H, class KeySerde, class ValueSerde>
class owning_adapter final : public batch_handler
{
public:
    owning_adapter(H handler, KeySerde key_serde, ValueSerde value_serde)
        : handler_{std::move(handler)}, adapter_{handler_, std::move(key_serde), std::move(value_serde)}
    {
    }

    [[nodiscard]] bool asynchronous() const noexcept override { return adapter_.asynchronous(); }
    batch_end run(batch_run& run) override { return adapter_.run(run); }
    boost::asio::awaitable<batch_end> run_async(batch_run& run) override { return adapter_.run_async(run); }
    [[nodiscard]] std::unique_ptr<batch_handler> another() override { return adapter_.another(); }
    boost::asio::awaitable<void> prepare(batch_run& run) override { return adapter_.prepare(run); }
    [[nodiscard]] bool handles_bulks() const noexcept override { return adapter_.handles_bulks(); }
    boost::asio::awaitable<batch_end> run_bulk(bulk_run& run) override { return adapter_.run_bulk(run); }

private:
    H handler_;
    handler_adapter<H, KeySerde, ValueSerde> adapter_;
};

// A new handler object for each partition.
template <class Factory, class KeySerde, class ValueSerde>
class partition_handler_factory final : public batch_handler_factory
{
public:
    partition_handler_factory(per_partition<Factory> factory, KeySerde key_serde, ValueSerde value_serde)
        : factory_{std::move(factory)}, key_serde_{std::move(key_serde)}, value_serde_{std::move(value_serde)}
    {
    }

    [[nodiscard]] bool asynchronous() const noexcept override
    {
        return handler_adapter<handler, KeySerde, ValueSerde>::is_asynchronous;
    }

    [[nodiscard]] std::unique_ptr<batch_handler> make(topic_partition const& where) override
    {
        return std::make_unique<owning_adapter<handler, KeySerde, ValueSerde>>(factory_.make(where), key_serde_,
                                                                               value_serde_);
    }

private:
    using handler = decltype(std::declval<per_partition<Factory>&>().make(std::declval<topic_partition const&>()));

    per_partition<Factory> factory_;
    [[no_unique_address]] KeySerde key_serde_;
    [[no_unique_address]] ValueSerde value_serde_;
};

template <class H, class KeySerde, class ValueSerde>
std::unique_ptr<batch_handler_factory> make_handler_factory(H handler, KeySerde key_serde, ValueSerde value_serde)
{
    return std::make_unique<shared_handler_factory<H, KeySerde, ValueSerde>>(std::move(handler), std::move(key_serde),
                                                                             std::move(value_serde));
}

template <class Factory, class KeySerde, class ValueSerde>
std::unique_ptr<batch_handler_factory> make_handler_factory(per_partition<Factory> factory, KeySerde key_serde,
                                                            ValueSerde value_serde)
{
    return std::make_unique<partition_handler_factory<Factory, KeySerde, ValueSerde>>(
        std::move(factory), std::move(key_serde), std::move(value_serde));
}

} // namespace paperboy::detail
