#pragma once

#include <paperboy/detail/message.hpp>
#include <paperboy/detail/running_spans.hpp>
#include <paperboy/detail/send_ledger.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace paperboy::detail
{

// One header of a record, borrowed from its message.
struct header_fields
{
    std::string_view name;
    std::string_view value;
    bool null_value = false;
};

// The records of one fetch, alive until its last holder lets go: the pipeline while hooks run, and every
// retained record. Views borrow from it and count nothing.
class record_block
{
public:
    explicit record_block(std::shared_ptr<send_ledger> ledger = nullptr) noexcept : ledger_{std::move(ledger)} {}
    record_block(record_block const&) = delete;
    record_block& operator=(record_block const&) = delete;

    [[nodiscard]] virtual std::string_view topic() const noexcept = 0;
    [[nodiscard]] virtual std::span<message const* const> messages() const noexcept = 0;
    [[nodiscard]] virtual std::int64_t timestamp_ms(message const& of) const noexcept = 0;
    [[nodiscard]] virtual std::size_t header_count(message const& of) const noexcept = 0;
    [[nodiscard]] virtual header_fields header(message const& of, std::size_t index) const noexcept = 0;

    // Where what hooks send on behalf of these records is kept; null for records that were never on a broker.
    [[nodiscard]] std::shared_ptr<send_ledger> const& ledger() const noexcept { return ledger_; }

    // The spans of records that are in their hooks; null until one was kept.
    [[nodiscard]] running_spans* spans() const noexcept { return spans_.get(); }
    [[nodiscard]] running_spans& keep_spans()
    {
        if (!spans_)
            spans_ = std::make_unique<running_spans>();
        return *spans_;
    }

    void add_holder() noexcept { holders_.fetch_add(1, std::memory_order_relaxed); }

    void remove_holder() noexcept
    {
        if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy();
    }

    [[nodiscard]] bool sole_holder() const noexcept { return holders_.load(std::memory_order_acquire) == 1; }

protected:
    virtual ~record_block() = default;

private:
    virtual void destroy() noexcept = 0;

    std::shared_ptr<send_ledger> ledger_;
    std::unique_ptr<running_spans> spans_;
    std::atomic<std::uint32_t> holders_{0};
};

// Holds one count of a block.
class block_holder
{
public:
    block_holder() = default;
    explicit block_holder(record_block* block) noexcept : block_{block}
    {
        if (block_ != nullptr)
            block_->add_holder();
    }
    block_holder(block_holder const& other) noexcept : block_holder{other.block_} {}
    block_holder(block_holder&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
    block_holder& operator=(block_holder other) noexcept
    {
        std::swap(block_, other.block_);
        return *this;
    }
    ~block_holder()
    {
        if (block_ != nullptr)
            block_->remove_holder();
    }

    [[nodiscard]] record_block* get() const noexcept { return block_; }
    [[nodiscard]] record_block* operator->() const noexcept { return block_; }
    [[nodiscard]] record_block& operator*() const noexcept { return *block_; }
    [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }

private:
    record_block* block_ = nullptr;
};

} // namespace paperboy::detail
