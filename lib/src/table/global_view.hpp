#pragma once

#include "table/shard.hpp"
#include "table/table_state.hpp"

#include <paperboy/detail/shard_core.hpp>
#include <paperboy/error.hpp>
#include <paperboy/shard_store.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace paperboy::tables
{

// The shards of a global table, by partition: all that its changelog has.
using global_parts = std::vector<std::shared_ptr<shard>>;

// A global table as one strand sees it: all of its shards as one. Each strand that uses the table has a view of its
// own, for the serdes; the shards are shared by them, and locked for each step.
//
// A key belongs in the partition where Java's default partitioner would send its bytes. Others may have written it
// elsewhere: it is found there as well, and changed there.
class global_view final : public detail::shard_core
{
public:
    global_view(table_state const& owner, std::shared_ptr<global_parts const> parts,
                boost::asio::any_io_executor strand);

    [[nodiscard]] pinned_value get(std::string_view key) override;
    void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause) override;
    void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause,
                std::shared_ptr<detail::send_completion> completion) override;

    // Both are copies, which no change disturbs; each partition as it is at one moment, not all at the same.
    [[nodiscard]] std::unique_ptr<shard_cursor> walk(std::string_view from, std::string_view to) override;
    [[nodiscard]] std::unique_ptr<shard_cursor> snapshot(std::string_view from, std::string_view to) override;

    void batch_ended() override;
    void look_ended() override;
    [[nodiscard]] error_code usable() const noexcept override;
    [[nodiscard]] boost::asio::any_io_executor executor() const override { return strand_; }

private:
    template <class Visit>
    bool visit_parts(std::string_view key, Visit visit);
    [[nodiscard]] std::size_t home_of(std::string_view key) const;

    std::shared_ptr<global_parts const> parts_;
    boost::asio::any_io_executor strand_;
};

} // namespace paperboy::tables
