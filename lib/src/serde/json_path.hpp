#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::serde
{

// Appends a step of a JSON pointer, of a name that may be anything.
void append_step(std::string_view name, std::string& out);

// Where a reader stands in a JSON text: one step for each container around it. Taking a step costs a store; the text of
// it is made only for errors.
class json_path
{
public:
    // One step more than containers: for a field that an innermost one does not have.
    explicit json_path(std::size_t max_depth) : steps_(max_depth + 1) {}

    void clear() noexcept { depth_ = 0; }
    [[nodiscard]] bool full() const noexcept { return depth_ == max_depth(); }
    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }
    [[nodiscard]] std::size_t max_depth() const noexcept { return steps_.size() - 1; }

    void enter() noexcept { steps_[depth_++] = {}; }
    void leave() noexcept { --depth_; }
    void at_index(std::size_t index) noexcept { steps_[depth_ - 1] = {nullptr, index}; }
    void at_name(std::string_view name) noexcept { steps_[depth_ - 1] = {name.data(), name.size()}; }
    // A name in a JSON text, which ends with a quote.
    void at_key(char const* key) noexcept { steps_[depth_ - 1] = {key, up_to_quote}; }

    // As a JSON pointer (RFC 6901); empty for the whole text.
    [[nodiscard]] std::string pointer() const;

private:
    static constexpr auto up_to_quote = static_cast<std::size_t>(-1);

    // Of a name, or where there is none an index.
    struct step
    {
        char const* name = nullptr;
        std::size_t size_or_index = 0;
    };

    std::vector<step> steps_;
    std::size_t depth_ = 0;
};

} // namespace paperboy::serde
