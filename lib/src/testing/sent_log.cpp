#include "testing/sent_record.hpp"

#include <paperboy/record.hpp>
#include <paperboy/testing.hpp>

#include <boost/asio/system_executor.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace paperboy::testing
{
namespace
{

std::optional<std::string> owned(std::optional<std::string_view> const& bytes)
{
    return bytes ? std::optional<std::string>{*bytes} : std::nullopt;
}

} // namespace

sent_record keep(paperboy::detail::outgoing_view const& what, std::string topic, std::int64_t cause)
{
    auto record = sent_record{};
    record.topic = std::move(topic);
    record.key = owned(what.key);
    record.value = owned(what.value);
    if (what.partition != paperboy::detail::outgoing_view::any_partition)
        record.partition = what.partition;
    if (what.timestamp_ms != 0)
        record.timestamp_ms = what.timestamp_ms;
    for (auto const& [name, value] : what.headers)
        record.headers.emplace_back(name, owned(value));
    record.cause = cause;
    return record;
}

class sent_log::impl final : public paperboy::detail::send_target
{
public:
    using outgoing_view = paperboy::detail::outgoing_view;

    [[nodiscard]] boost::asio::any_io_executor executor() const override { return boost::asio::system_executor{}; }

    [[nodiscard]] std::size_t topic_number(std::string_view topic) override
    {
        auto const lock = std::scoped_lock{guard_};
        topics_.emplace_back(topic);
        return topics_.size() - 1;
    }

    void send(outgoing_view const& what, record_view const& cause) override
    {
        static_cast<void>(add(what, cause.offset()));
    }

    void send(outgoing_view const& what, std::shared_ptr<paperboy::detail::send_completion> completion) override
    {
        auto const where = produced{std::max(what.partition, 0), add(what, -1)};
        completion->complete({}, where);
    }

    [[nodiscard]] std::vector<sent_record> records() const
    {
        auto const lock = std::scoped_lock{guard_};
        return records_;
    }

private:
    // How many records the topic had before.
    std::int64_t add(outgoing_view const& what, std::int64_t cause)
    {
        auto const lock = std::scoped_lock{guard_};
        auto record = keep(what, topics_[what.topic], cause);
        auto const before = std::ranges::count(records_, record.topic, &sent_record::topic);
        records_.push_back(std::move(record));
        return before;
    }

    mutable std::mutex guard_;
    std::vector<std::string> topics_;
    std::vector<sent_record> records_;
};

sent_log::sent_log() : impl_{std::make_shared<impl>()} {}

std::vector<sent_record> sent_log::records() const
{
    return impl_->records();
}

std::shared_ptr<paperboy::detail::send_target> sent_log::target() const
{
    return impl_;
}

} // namespace paperboy::testing
