#include "kafka/kafka_error.hpp"

#include "kafka/consumer_event.hpp"

#include <string>

namespace paperboy
{
namespace
{

// STALE_MEMBER_EPOCH, of the protocol in which brokers assign: the headers of 2.0 do not have it.
constexpr int stale_epoch = 113;

// UNRELEASED_INSTANCE_ID, likewise: the member that has our group.instance.id has not left.
constexpr int unreleased_instance = 111;

bool is_retriable(int code)
{
    if (code == stale_epoch)
        return true;
    switch (static_cast<rd_kafka_resp_err_t>(code))
    {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
        return true;
    default:
        return false;
    }
}

class kafka_category_impl final : public boost::system::error_category
{
public:
    [[nodiscard]] char const* name() const noexcept override { return "kafka"; }

    [[nodiscard]] std::string message(int code) const override
    {
        return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code));
    }

    [[nodiscard]] bool equivalent(int code, boost::system::error_condition const& to) const noexcept override
    {
        if (to.category() != condition_category())
            return error_category::equivalent(code, to);
        if (code == 0)
            return false;
        return (to.value() == static_cast<int>(condition::retriable)) == is_retriable(code);
    }
};

} // namespace

boost::system::error_category const& kafka_category() noexcept
{
    static kafka_category_impl const category;
    return category;
}

kafka::error_kind kafka::kind_of(error_code error) noexcept
{
    if (error.category() == kafka_category() && error.value() == unreleased_instance)
        return error_kind::fenced;
    switch (static_cast<rd_kafka_resp_err_t>(error.value()))
    {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
        return error_kind::brokers_away;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        return error_kind::missing_topic;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        return error_kind::authentication;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return error_kind::authorization;
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        return error_kind::fenced;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        return error_kind::no_offset;
    default:
        return error_kind::transient;
    }
}

error_code kafka::timed_out() noexcept
{
    return kafka::make_code(RD_KAFKA_RESP_ERR__TIMED_OUT);
}

error_code kafka::all_brokers_down() noexcept
{
    return kafka::make_code(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN);
}

error_code kafka::no_offset() noexcept
{
    return kafka::make_code(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
}

} // namespace paperboy
