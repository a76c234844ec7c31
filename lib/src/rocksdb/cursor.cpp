#include "rocksdb/cursor.hpp"

#include "rocksdb/stored_keys.hpp"

#include <rocksdb/options.h>

#include <utility>

namespace paperboy::rocksdb_detail
{

cursor::cursor(std::shared_ptr<column_family> family, std::string_view from, std::string_view to)
    : family_{std::move(family)}
{
    auto room = std::string{};
    end_ = stored_key(to, room);
    end_slice_ = end_;
    auto how = rocksdb::ReadOptions{};
    // Whatever the user's options make of prefixes.
    how.total_order_seek = true;
    // A walk over everything would push out what others read.
    how.fill_cache = !from.empty() || !to.empty();
    if (!to.empty())
        how.iterate_upper_bound = &end_slice_;
    at_.reset(family_->db().NewIterator(how, family_->handle()));
    at_->Seek(stored_key(from, room));
    check();
}

std::string_view cursor::key() const
{
    auto const key = at_->key();
    return users_key({key.data(), key.size()});
}

std::string_view cursor::value() const
{
    auto const value = at_->value();
    return {value.data(), value.size()};
}

void cursor::next()
{
    at_->Next();
    check();
}

void cursor::check() const
{
    if (!at_->Valid())
        if (auto const status = at_->status(); !status.ok())
            family_->reading_failed(status);
}

} // namespace paperboy::rocksdb_detail
