#pragma once

#include <paperboy/detail/record_block.hpp>

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace paperboy
{

/// One header of a record: a name and a value, both borrowed from the record.
struct header_view
{
    /// The header's name; names may repeat within a record.
    std::string_view name;

    /// The header's value; null and empty differ.
    std::optional<std::string_view> value;
};

/// The headers of a record in the order they were produced, valid as long as the record's view.
///
/// `for (auto const& header : record.headers()) …`
class header_range
{
public:
    /// A forward iterator over a record's headers; valid as long as the record's view.
    class iterator
    {
    public:
        /// A header by value: a name and a value, both borrowed.
        using value_type = header_view;
        /// For the standard's iterator concepts.
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        /// Stands at the header with this number. Made by `begin()` and `end()`.
        iterator(header_range const& range, std::size_t index) noexcept
            : block_{range.block_}, message_{range.message_}, index_{index}
        {
        }

        /// The header that it stands at.
        [[nodiscard]] header_view operator*() const noexcept { return header_range{*block_, *message_}[index_]; }
        /// Moves on to the next header.
        iterator& operator++() noexcept
        {
            ++index_;
            return *this;
        }
        /// The same; returns where it stood before.
        iterator operator++(int) noexcept
        {
            auto const before = *this;
            ++index_;
            return before;
        }
        friend bool operator==(iterator const&, iterator const&) = default;

    private:
        detail::record_block const* block_ = nullptr;
        detail::message const* message_ = nullptr;
        std::size_t index_ = 0;
    };

    header_range() = default;
    /// Those of one message of a block. Made by `record_view::headers()`, not by users.
    header_range(detail::record_block const& block, detail::message const& of) noexcept : block_{&block}, message_{&of}
    {
    }

    /// How many headers the record has.
    [[nodiscard]] std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->header_count(*message_); }

    /// Whether the record has no header.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// The header at `index`, which must be less than `size()`.
    [[nodiscard]] header_view operator[](std::size_t index) const noexcept
    {
        auto const fields = block_->header(*message_, index);
        if (fields.null_value)
            return {fields.name, std::nullopt};
        return {fields.name, fields.value};
    }

    /// The value of the last header with this name; `std::nullopt` when there is none, an empty optional inside when
    /// its value is null: `find(name).value_or(std::nullopt).value_or("")` is its text, or "".
    [[nodiscard]] std::optional<std::optional<std::string_view>> find(std::string_view name) const noexcept
    {
        for (auto index = size(); index > 0; --index)
            if (auto const candidate = (*this)[index - 1]; candidate.name == name)
                return candidate.value;
        return std::nullopt;
    }

    /// The first header.
    [[nodiscard]] iterator begin() const noexcept { return {*this, 0}; }
    /// Behind the last header.
    [[nodiscard]] iterator end() const noexcept { return {*this, size()}; }

private:
    detail::record_block const* block_ = nullptr;
    detail::message const* message_ = nullptr;
};

} // namespace paperboy
