#pragma once

#include "rocksdb/column_family.hpp"

#include <paperboy/shard_store.hpp>

#include <rocksdb/iterator.h>
#include <rocksdb/slice.h>

#include <memory>
#include <string>
#include <string_view>

namespace paperboy::rocksdb_detail
{

class cursor : public shard_cursor
{
public:
    cursor(std::shared_ptr<column_family> family, std::string_view from, std::string_view to);

    [[nodiscard]] bool valid() const override { return at_->Valid(); }
    [[nodiscard]] std::string_view key() const override;
    [[nodiscard]] std::string_view value() const override;
    void next() override;

private:
    // The end of a walk is not always the end of the entries.
    void check() const;

    std::shared_ptr<column_family> family_;
    std::string end_;
    rocksdb::Slice end_slice_;
    std::unique_ptr<rocksdb::Iterator> at_;
};

} // namespace paperboy::rocksdb_detail
