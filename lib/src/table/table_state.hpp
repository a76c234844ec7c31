#pragma once

#include <paperboy/detail/shard_core.hpp>
#include <paperboy/detail/table_setup.hpp>
#include <paperboy/error.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::tables
{

// What an engine keeps of a table over its runs, shared with the table's handles. Thread-safe.
class table_state final : public detail::table_core
{
public:
    table_state(std::size_t number, detail::table_setup setup, boost::asio::any_io_executor executor);

    [[nodiscard]] std::string const& name() const noexcept override { return setup_.name; }
    [[nodiscard]] std::size_t number() const noexcept override { return number_; }
    [[nodiscard]] boost::asio::any_io_executor executor() const override { return executor_; }
    [[nodiscard]] detail::shard_core& shard_of(record_view const& record) const override;
    [[nodiscard]] bool global() const noexcept override { return setup_.options.scope == table_scope::global; }
    [[nodiscard]] std::optional<std::int32_t> partition_of(std::string_view key) const override;
    [[nodiscard]] std::pair<error_code, std::shared_ptr<detail::shard_core>>
    find(std::optional<std::int32_t> partition) const override;
    [[nodiscard]] std::vector<std::shared_ptr<detail::shard_core>> shards() const override;

    [[nodiscard]] detail::table_setup const& setup() const noexcept { return setup_; }
    [[nodiscard]] std::string const& changelog() const noexcept { return setup_.options.changelog; }

    // What the brokers say of the changelog; told before any shard is made.
    void changelog_is(std::int32_t partitions, std::string identity,
                      std::optional<std::chrono::milliseconds> tombstones_stay);
    [[nodiscard]] std::string identity() const;
    // How long the changelog keeps tombstones at least, where that is known.
    [[nodiscard]] std::optional<std::chrono::milliseconds> tombstones_stay() const;
    [[nodiscard]] std::int32_t partitions() const;

    // The shards of the run at hand, by partition, and whether one is at hand. Of a global table also `whole`, all of
    // them as one, for whoever asks from outside.
    using shard_map = std::map<std::int32_t, std::shared_ptr<detail::shard_core>>;
    void show(bool running, shard_map shards, std::shared_ptr<detail::shard_core> whole = nullptr);
    // As they were shown, partition by partition.
    [[nodiscard]] shard_map parts() const;

private:
    std::size_t const number_;
    detail::table_setup const setup_;
    boost::asio::any_io_executor const executor_;

    mutable std::mutex guard_;
    std::int32_t partitions_ = 0;
    std::string identity_;
    std::optional<std::chrono::milliseconds> tombstones_stay_;
    bool running_ = false;
    shard_map shards_;
    std::shared_ptr<detail::shard_core> whole_;
};

} // namespace paperboy::tables
