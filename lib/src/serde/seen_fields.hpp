#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace paperboy::serde
{

// The most members that a struct may have in a format whose fields come in any order.
inline constexpr std::size_t most_fields = 256;

// Which fields of a struct were there.
class seen_fields
{
public:
    [[nodiscard]] bool has(std::size_t field) const noexcept { return (bits_[field / 64] >> (field % 64) & 1U) != 0; }
    void add(std::size_t field) noexcept { bits_[field / 64] |= std::uint64_t{1} << (field % 64); }

private:
    std::array<std::uint64_t, most_fields / 64> bits_{};
};

// The first of the candidates, each the fields of a struct, that `fits` and whose required fields were all seen; the
// number of candidates when there is none.
template <class Fields>
[[nodiscard]] std::size_t first_fitting(std::span<Fields const> candidates, std::vector<seen_fields> const& seen,
                                        std::vector<bool> const& fits)
{
    for (std::size_t each = 0; each < candidates.size(); ++each)
    {
        auto complete = true;
        for (std::size_t at = 0; at < candidates[each].size(); ++at)
            complete = complete && (candidates[each][at].reset != nullptr || seen[each].has(at));
        if (fits[each] && complete)
            return each;
    }
    return candidates.size();
}

} // namespace paperboy::serde
