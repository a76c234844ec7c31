#include "kafka/consumer_event.hpp"

#include <paperboy/error.hpp>

#include <librdkafka/rdkafka.h>

#include <boost/test/unit_test.hpp>

namespace paperboy::kafka::kafka_error_test
{
namespace
{

error_code code(rd_kafka_resp_err_t error)
{
    return {static_cast<int>(error), kafka_category()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(kafka_error_suite)

BOOST_AUTO_TEST_CASE(messages_are_librdkafkas)
{
    BOOST_TEST(std::string{kafka_category().name()} == "kafka");
    BOOST_TEST(code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).message() == "Broker: Unknown topic or partition");
    BOOST_TEST(code(RD_KAFKA_RESP_ERR__TRANSPORT).message() == "Local: Broker transport failure");
}

BOOST_AUTO_TEST_CASE(brokers_and_coordinators_come_back)
{
    for (auto const error :
         {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TIMED_OUT,
          RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
          RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
          RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT})
        BOOST_TEST_CONTEXT(rd_kafka_err2name(error))
        {
            BOOST_TEST((code(error) == condition::retriable));
            BOOST_TEST((code(error) != condition::fatal));
        }
}

BOOST_AUTO_TEST_CASE(rights_and_membership_do_not)
{
    for (auto const error : {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                             RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                             RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__FATAL})
        BOOST_TEST_CONTEXT(rd_kafka_err2name(error))
        {
            BOOST_TEST((code(error) == condition::fatal));
            BOOST_TEST((code(error) != condition::retriable));
        }
}

BOOST_AUTO_TEST_CASE(success_is_neither)
{
    BOOST_TEST((error_code{} != condition::retriable));
    BOOST_TEST((error_code{} != condition::fatal));
    BOOST_TEST((code(RD_KAFKA_RESP_ERR_NO_ERROR) != condition::fatal));
}

BOOST_AUTO_TEST_CASE(kinds_of_errors)
{
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)) == error_kind::brokers_away));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR__RESOLVE)) == error_kind::brokers_away));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)) == error_kind::missing_topic));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)) == error_kind::missing_topic));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR__AUTHENTICATION)) == error_kind::authentication));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)) == error_kind::authorization));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)) == error_kind::no_offset));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)) == error_kind::fenced));
    BOOST_TEST((kind_of(error_code{111, kafka_category()}) == error_kind::fenced));
    BOOST_TEST((kind_of(code(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)) == error_kind::transient));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::kafka_error_test
