#include "table/global_view.hpp"

#include "table/murmur2.hpp"

#include <mutex>
#include <string>
#include <utility>

namespace paperboy::tables
{
namespace
{

pinned_value copy_of(std::string_view value)
{
    auto kept = std::make_shared<std::string const>(value);
    auto const bytes = std::string_view{*kept};
    return {bytes, std::move(kept)};
}

// The entries of several partitions in one order; of a key that is in several, the one where it belongs.
class parts_cursor final : public shard_cursor
{
public:
    explicit parts_cursor(std::vector<std::unique_ptr<shard_cursor>> parts) : parts_{std::move(parts)} { settle(); }

    [[nodiscard]] bool valid() const override { return at_ < parts_.size(); }
    [[nodiscard]] std::string_view key() const override { return parts_[at_]->key(); }
    [[nodiscard]] std::string_view value() const override { return parts_[at_]->value(); }

    void next() override
    {
        auto const passed = std::string{key()};
        for (auto const& each : parts_)
            if (each->valid() && each->key() == passed)
                each->next();
        settle();
    }

private:
    void settle()
    {
        at_ = parts_.size();
        for (std::size_t i = 0; i < parts_.size(); ++i)
            if (parts_[i]->valid() &&
                (!valid() || parts_[i]->key() < key() || (parts_[i]->key() == key() && is_home(i))))
                at_ = i;
    }

    [[nodiscard]] bool is_home(std::size_t part) const
    {
        auto const home = partition_of(parts_[part]->key(), static_cast<std::int32_t>(parts_.size()));
        return static_cast<std::size_t>(home) == part;
    }

    std::vector<std::unique_ptr<shard_cursor>> parts_;
    std::size_t at_ = 0;
};

} // namespace

global_view::global_view(table_state const& owner, std::shared_ptr<global_parts const> parts,
                         boost::asio::any_io_executor strand)
    : shard_core{owner}, parts_{std::move(parts)}, strand_{std::move(strand)}
{
    keep_serdes(owner.setup().make_serdes());
}

std::size_t global_view::home_of(std::string_view key) const
{
    return static_cast<std::size_t>(partition_of(key, static_cast<std::int32_t>(parts_->size())));
}

// Calls `visit(shard&)` for each locked shard, that where the key belongs first, until it returns true.
template <class Visit>
bool global_view::visit_parts(std::string_view key, Visit visit)
{
    auto const home = home_of(key);
    for (std::size_t i = 0; i < parts_->size(); ++i)
    {
        auto& part = *(*parts_)[(home + i) % parts_->size()];
        auto const lock = std::scoped_lock{part.in_use()};
        if (visit(part))
            return true;
    }
    return false;
}

pinned_value global_view::get(std::string_view key)
{
    auto value = pinned_value{};
    visit_parts(key,
                [&](shard& part)
                {
                    if (auto const found = part.get(key))
                        value = copy_of(*found);
                    return static_cast<bool>(value);
                });
    return value;
}

void global_view::change(std::string_view key, std::optional<std::string_view> value, record_view const* cause)
{
    change(key, value, cause, nullptr);
}

// A key is changed wherever it is, and set where it belongs when it is nowhere. Between the look and the change others
// may change it as well, here or in another engine: the changelog's order decides then.
void global_view::change(std::string_view key, std::optional<std::string_view> value, record_view const* cause,
                         std::shared_ptr<detail::send_completion> completion)
{
    auto const apply = [&](shard& part)
    {
        if (completion)
            part.change(key, value, cause, std::exchange(completion, nullptr));
        else
            part.change(key, value, cause);
    };
    auto changed = false;
    visit_parts(key,
                [&](shard& part)
                {
                    if (!part.get(key))
                        return false;
                    apply(part);
                    changed = true;
                    return value.has_value();
                });
    if (changed)
        return;
    auto& home = *(*parts_)[home_of(key)];
    auto const lock = std::scoped_lock{home.in_use()};
    apply(home);
}

std::unique_ptr<shard_cursor> global_view::walk(std::string_view from, std::string_view to)
{
    return snapshot(from, to);
}

std::unique_ptr<shard_cursor> global_view::snapshot(std::string_view from, std::string_view to)
{
    auto cursors = std::vector<std::unique_ptr<shard_cursor>>{};
    for (auto const& part : *parts_)
    {
        auto const lock = std::scoped_lock{part->in_use()};
        cursors.push_back(part->snapshot(from, to));
    }
    return std::make_unique<parts_cursor>(std::move(cursors));
}

void global_view::batch_ended()
{
    for (auto const& part : *parts_)
    {
        auto const lock = std::scoped_lock{part->in_use()};
        part->batch_ended();
    }
}

void global_view::look_ended()
{
    for (auto const& part : *parts_)
    {
        auto const lock = std::scoped_lock{part->in_use()};
        part->look_ended();
    }
}

error_code global_view::usable() const noexcept
{
    for (auto const& part : *parts_)
        if (auto const error = part->usable())
            return error;
    return {};
}

} // namespace paperboy::tables
