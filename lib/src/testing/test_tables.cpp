#include <paperboy/testing.hpp>

#include <boost/asio/system_executor.hpp>

#include <map>
#include <mutex>
#include <stdexcept>

namespace paperboy::testing
{
namespace
{

using paperboy::detail::send_completion;
using paperboy::detail::shard_core;
using paperboy::detail::table_core;
using paperboy::detail::table_setup;

using entries = std::map<std::string, std::string, std::less<>>;

// What the changelogs of all tables have got.
struct change_log
{
    std::mutex guard;
    std::vector<sent_record> records;
};

class entries_cursor final : public shard_cursor
{
public:
    explicit entries_cursor(entries part) : part_{std::move(part)} {}

    [[nodiscard]] bool valid() const override { return at_ != part_.end(); }
    [[nodiscard]] std::string_view key() const override { return at_->first; }
    [[nodiscard]] std::string_view value() const override { return at_->second; }
    void next() override { ++at_; }

private:
    entries part_;
    entries::const_iterator at_ = part_.begin();
};

class memory_shard final : public shard_core
{
public:
    memory_shard(table_core const& owner, table_setup const& setup, std::int32_t partition,
                 std::shared_ptr<change_log> log)
        : shard_core{owner}, changelog_{setup.name + "_changelog"}, partition_{partition}, log_{std::move(log)}
    {
        keep_serdes(setup.make_serdes());
    }

    [[nodiscard]] pinned_value get(std::string_view key) override
    {
        auto const found = entries_.find(key);
        return found == entries_.end() ? pinned_value{} : pinned_value{found->second, nullptr};
    }

    void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause) override
    {
        change(key, value, cause, nullptr);
    }

    void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause,
                std::shared_ptr<send_completion> completion) override
    {
        if (value)
            entries_.insert_or_assign(std::string{key}, std::string{*value});
        else if (auto const found = entries_.find(key); found != entries_.end())
            entries_.erase(found);
        auto record = sent_record{changelog_};
        record.key = std::string{key};
        if (value)
            record.value = std::string{*value};
        record.partition = partition_;
        record.cause = cause != nullptr ? cause->offset() : -1;
        {
            auto const lock = std::scoped_lock{log_->guard};
            log_->records.push_back(std::move(record));
        }
        if (completion)
            completion->complete({}, {partition_, changes_});
        ++changes_;
    }

    [[nodiscard]] std::unique_ptr<shard_cursor> walk(std::string_view from, std::string_view to) override
    {
        auto const begin = entries_.lower_bound(from);
        auto const end = to.empty() ? entries_.end() : entries_.lower_bound(to);
        return std::make_unique<entries_cursor>(from < to || to.empty() ? entries(begin, end) : entries{});
    }
    [[nodiscard]] std::unique_ptr<shard_cursor> snapshot(std::string_view from, std::string_view to) override
    {
        return walk(from, to);
    }
    [[nodiscard]] error_code usable() const noexcept override { return {}; }
    [[nodiscard]] boost::asio::any_io_executor executor() const override { return boost::asio::system_executor{}; }

private:
    std::string changelog_;
    std::int32_t partition_;
    std::shared_ptr<change_log> log_;
    entries entries_;
    std::int64_t changes_ = 0;
};

class memory_table final : public table_core
{
public:
    memory_table(std::size_t number, table_setup setup, std::shared_ptr<change_log> log)
        : number_{number}, setup_{std::move(setup)}, log_{std::move(log)}
    {
    }

    [[nodiscard]] std::string const& name() const noexcept override { return setup_.name; }
    [[nodiscard]] boost::asio::any_io_executor executor() const override { return boost::asio::system_executor{}; }
    [[nodiscard]] std::size_t number() const noexcept override { return number_; }
    [[nodiscard]] bool global() const noexcept override { return setup_.options.scope == table_scope::global; }
    [[nodiscard]] shard_core& shard_of(record_view const& record) const override { return *at(record.partition()); }
    [[nodiscard]] std::optional<std::int32_t> partition_of(std::string_view /*key*/) const override { return 0; }
    [[nodiscard]] std::pair<error_code, std::shared_ptr<shard_core>>
    find(std::optional<std::int32_t> partition) const override
    {
        return {error_code{}, at(partition.value_or(0))};
    }
    [[nodiscard]] std::vector<std::shared_ptr<shard_core>> shards() const override
    {
        auto const lock = std::scoped_lock{guard_};
        auto all = std::vector<std::shared_ptr<shard_core>>{};
        for (auto const& [partition, shard] : shards_)
            all.push_back(shard);
        return all;
    }

    [[nodiscard]] std::shared_ptr<shard_core> at(std::int32_t partition) const
    {
        auto const lock = std::scoped_lock{guard_};
        auto const where = global() ? 0 : partition;
        auto& shard = shards_[where];
        if (!shard)
            shard = std::make_shared<memory_shard>(*this, setup_, where, log_);
        return shard;
    }

private:
    std::size_t number_;
    table_setup setup_;
    std::shared_ptr<change_log> log_;
    mutable std::mutex guard_;
    mutable std::map<std::int32_t, std::shared_ptr<shard_core>> shards_;
};

} // namespace

class test_tables::impl
{
public:
    std::shared_ptr<change_log> log = std::make_shared<change_log>();
    std::map<std::string, std::shared_ptr<memory_table>, std::less<>> tables;
};

test_tables::test_tables() : impl_{std::make_shared<impl>()} {}

std::shared_ptr<table_core> test_tables::add(table_setup setup)
{
    auto& made = impl_->tables[setup.name];
    if (made)
        throw std::logic_error{"paperboy::testing::test_tables: there is a table \"" + setup.name + "\" already"};
    made = std::make_shared<memory_table>(impl_->tables.size() - 1, std::move(setup), impl_->log);
    return made;
}

shard_core& test_tables::shard_of(std::string const& table, std::int32_t partition)
{
    auto const found = impl_->tables.find(table);
    if (found == impl_->tables.end())
        throw std::logic_error{"paperboy::testing::test_tables: there is no table \"" + table + "\" here"};
    return *found->second->at(partition);
}

std::vector<sent_record> test_tables::changes() const
{
    auto const lock = std::scoped_lock{impl_->log->guard};
    return impl_->log->records;
}

} // namespace paperboy::testing
