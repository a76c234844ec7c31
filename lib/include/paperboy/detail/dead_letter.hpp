#pragma once

#include <paperboy/detail/outgoing.hpp>
#include <paperboy/error.hpp>
#include <paperboy/record.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::detail
{

// Why a record, or the bulk that begins with it, goes to the dead letters.
struct burial
{
    std::int64_t offset = -1;
    hook where = hook::on_message;
    std::exception_ptr error;
    std::size_t attempts = 1;
    std::string topic;
};

// The topic that a record's dead letters go to.
[[nodiscard]] std::string dead_letter_topic(std::string_view source, std::string_view chosen);

// A record as it came, to be sent on with what happened to it in further headers. Borrows from the record.
class dead_letter
{
public:
    dead_letter(record_view const& record, burial const& why, std::string_view group);
    dead_letter(dead_letter const&) = delete;
    dead_letter& operator=(dead_letter const&) = delete;

    // `topic`: the number of the topic that it goes to. Its partition is the record's own.
    [[nodiscard]] outgoing_view view(std::size_t topic) const noexcept;

private:
    static constexpr std::size_t most_headers = 9;

    void add(std::string_view name, std::string text);

    record_view record_;
    std::vector<header_view> headers_;
    // Reserved, so that the headers can borrow from it.
    std::vector<std::string> texts_;
};

} // namespace paperboy::detail
