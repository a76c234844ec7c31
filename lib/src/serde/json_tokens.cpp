#include "serde/json_tokens.hpp"

#include <algorithm>
#include <bit>

namespace paperboy::serde
{

simdjson::error_code json_tokenizer::find(std::string_view text, json_tokens& out)
{
    out = {text.data(), text.size()};
    // More than is needed, or a little longer text would allocate anew.
    if (!parser_ || parser_->capacity() < text.size())
    {
        auto const capacity = std::bit_ceil(std::max(text.size(), std::size_t{1024}));
        auto const error =
            simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser_);
        if (error != simdjson::SUCCESS)
            return error;
    }
    auto const error = parser_->stage1(reinterpret_cast<std::uint8_t const*>(text.data()), text.size(),
                                       simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS)
        return error;
    out.begin = parser_->structural_indexes.get();
    out.end = out.begin + parser_->n_structural_indexes;
    return simdjson::SUCCESS;
}

} // namespace paperboy::serde
