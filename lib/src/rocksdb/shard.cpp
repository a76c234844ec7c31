#include "rocksdb/shard.hpp"

#include "rocksdb/cursor.hpp"
#include "rocksdb/sorted_file.hpp"

#include <utility>

namespace paperboy::rocksdb_detail
{
namespace
{

[[nodiscard]] std::string_view view(rocksdb::Slice const& slice) noexcept
{
    return {slice.data(), slice.size()};
}

[[nodiscard]] std::size_t bytes_of(std::span<shard_change const> changes) noexcept
{
    auto bytes = std::size_t{0};
    for (auto const& each : changes)
        bytes += each.key.size() + (each.value ? each.value->size() : 0);
    return bytes;
}

} // namespace

shard::shard(std::shared_ptr<table_directory> directory, std::string name)
    : directory_{std::move(directory)}, name_{std::move(name)}, family_{directory_->open(name_)}
{
    try
    {
        load_state();
    }
    catch (store_error const& error)
    {
        if (error.why() != store_failure::damaged)
            throw;
        start_anew({});
    }
}

// A shard that has entries and does not know of which offset is damaged, whatever made it so.
void shard::load_state()
{
    auto bytes = rocksdb::PinnableSlice{};
    auto const status = family_->db().Get(reading_, family_->handle(), state_key, &bytes);
    if (status.ok())
    {
        if (auto state = read_state(view(bytes)))
        {
            state_ = std::move(*state);
            return;
        }
        family_->reading_failed(rocksdb::Status::Corruption("the shard's state is not what was written"));
    }
    if (!status.IsNotFound())
        family_->reading_failed(status);
    if (cursor{family_, {}, {}}.valid())
        family_->reading_failed(rocksdb::Status::Corruption("the shard's state is missing"));
}

shard::~shard()
{
    auto status = rocksdb::Status::OK();
    if (!family_->whole())
        return;
    if (!state_written_)
        status = write({}, write_state(state_));
    if (status.ok() && waits_since_)
        status = flush(true);
    if (!status.ok())
        family_->of()->how().given().log(log_level::warning,
                                         "shard " + name_ + " was not closed well: " + status.ToString() +
                                             "; its latest changes will be read from the changelog again");
}

void shard::apply(std::span<shard_change const> changes, store_position up_to)
{
    family_->require_whole();
    auto const state = shard_state{up_to.next_offset, state_.identity, up_to.as_of};
    auto const written = write_state(state);
    auto const& of = *family_->of();
    auto const large = bytes_of(changes) >= of.how().given().ingest_bytes;
    // After an error in the background RocksDB refuses all of them, and recovers by itself if it can.
    auto const status = large && of.may_ingest() ? ingest(changes, written) : write(changes, written);
    if (!status.ok())
        family_->writing_failed(status);
    state_ = state;
    state_written_ = true;
}

rocksdb::Status shard::write(std::span<shard_change const> changes, std::string_view state)
{
    constexpr auto overhead = std::size_t{16};
    auto batch = rocksdb::WriteBatch{bytes_of(changes) + (changes.size() + 1) * overhead + state.size()};
    auto status = batch.Put(family_->handle(), state_key, state);
    for (auto const& each : changes)
    {
        if (!status.ok())
            return status;
        auto const key = stored_key(each.key, room_);
        status = each.value ? batch.Put(family_->handle(), key, *each.value) : batch.Delete(family_->handle(), key);
    }
    auto how = rocksdb::WriteOptions{};
    how.disableWAL = true;
    if (status.ok())
        status = family_->db().Write(how, &batch);
    if (status.ok())
        flush_when_old();
    return status;
}

// Whether it can be written is the next checkpoint's business: this one is in memory, whole.
void shard::flush_when_old()
{
    auto const now = std::chrono::steady_clock::now();
    if (!waits_since_)
        waits_since_ = now;
    if (now - *waits_since_ < family_->of()->how().given().flush_interval)
        return;
    static_cast<void>(flush(false));
}

rocksdb::Status shard::flush(bool wait)
{
    auto how = rocksdb::FlushOptions{};
    how.wait = wait;
    how.allow_write_stall = true;
    auto status = family_->db().Flush(how, family_->handle());
    if (status.ok())
        waits_since_.reset();
    return status;
}

rocksdb::Status shard::ingest(std::span<shard_change const> changes, std::string_view state)
{
    // Nothing is there that could be erased.
    auto const with_tombstones = state_.next_offset.has_value();
    auto status = ingest_sorted_file(*family_, changes, state, with_tombstones);
    if (status.ok())
        waits_since_.reset();
    return status;
}

// A pin that nobody holds any more serves again, so that a read allocates nothing; until then its block stays in
// RocksDB's cache.
pinned_value shard::get(std::string_view key) const
{
    family_->require_whole();
    if (pin_.use_count() != 1)
        pin_ = std::make_shared<pin>(family_);
    pin_->value.Reset();
    auto const status = family_->db().Get(reading_, family_->handle(), stored_key(key, pin_->room), &pin_->value);
    if (status.ok())
        return {view(pin_->value), pin_};
    if (!status.IsNotFound())
        family_->reading_failed(status);
    return {};
}

std::unique_ptr<shard_cursor> shard::scan(std::string_view from, std::string_view to) const
{
    family_->require_whole();
    return std::make_unique<cursor>(family_, from, to);
}

void shard::clear(std::string_view changelog_identity)
{
    pin_.reset();
    family_->drop();
    start_anew(changelog_identity);
}

// The identity is written with the first changes: a file of changes that comes into an empty column family goes where
// it is not written a second time soon.
void shard::start_anew(std::string_view changelog_identity)
{
    state_ = {std::nullopt, std::string{changelog_identity}, std::nullopt};
    state_written_ = changelog_identity.empty();
    waits_since_.reset();
    family_ = directory_->open(name_);
}

} // namespace paperboy::rocksdb_detail
