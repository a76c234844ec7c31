#pragma once

#include "rocksdb/database.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace paperboy::rocksdb_detail
{

// The column family of a shard, shared with the cursors and values that were read from it. Thread-safe.
class column_family
{
public:
    // Throws store_error.
    column_family(std::shared_ptr<database> of, std::string name);
    column_family(column_family const&) = delete;
    column_family& operator=(column_family const&) = delete;
    ~column_family();

    [[nodiscard]] std::shared_ptr<database> const& of() const noexcept { return of_; }
    [[nodiscard]] rocksdb::DB& db() const noexcept { return **of_; }
    [[nodiscard]] rocksdb::ColumnFamilyHandle* handle() const noexcept { return handle_.get(); }

    // Whether no damage was found yet.
    [[nodiscard]] bool whole() const noexcept { return !dropped_.load(std::memory_order_relaxed) && !of_->broken(); }

    // Throws store_error when there was.
    void require_whole() const
    {
        if (!whole()) [[unlikely]]
            throw_damaged();
    }

    // Throws what the status says. What is damaged is dropped before, and logged.
    [[noreturn]] void reading_failed(rocksdb::Status const& status);
    // The same of a write, which damage anywhere in the database makes fail.
    [[noreturn]] void writing_failed(rocksdb::Status const& status);

    // Forgets all that is in it, for ever.
    void drop();

private:
    [[noreturn]] void throw_damaged() const;
    [[nodiscard]] std::string doing(std::string_view what) const;

    std::shared_ptr<database> of_;
    std::string name_;
    database::handle handle_;
    std::atomic<bool> dropped_ = false;
};

} // namespace paperboy::rocksdb_detail
