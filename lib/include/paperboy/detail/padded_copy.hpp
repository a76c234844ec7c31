#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

// simdjson reads up to `padding` bytes past the end of a text. They are there, whatever they are, when they lie in the
// text's last page of memory. The sanitizers do not let such reads pass.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PAPERBOY_ALWAYS_PAD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PAPERBOY_ALWAYS_PAD 1
#endif
#endif

namespace paperboy::detail
{

#ifdef PAPERBOY_ALWAYS_PAD
inline constexpr bool always_pad = true;
#else
inline constexpr bool always_pad = false;
#endif

// The smallest page there is on the platforms that simdjson knows; larger ones are multiples of it.
inline constexpr std::uintptr_t page_size = 4096;

// Whether the page in which `text` ends holds `padding` bytes more.
[[nodiscard]] inline bool padded_in_place(std::string_view text, std::size_t padding) noexcept
{
    auto const last = reinterpret_cast<std::uintptr_t>(text.data()) + text.size() - 1;
    return !always_pad && !text.empty() && last % page_size + padding < page_size;
}

// Copies of texts, one at a time, with room behind them.
class padded_copy
{
public:
    [[nodiscard]] char const* of(std::string_view text, std::size_t padding)
    {
        if (capacity_ < text.size() + padding)
        {
            capacity_ = 2 * text.size() + padding;
            memory_ = std::make_unique_for_overwrite<char[]>(capacity_);
        }
        std::memcpy(memory_.get(), text.data(), text.size());
        std::memset(memory_.get() + text.size(), ' ', padding);
        return memory_.get();
    }

private:
    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
};

} // namespace paperboy::detail
