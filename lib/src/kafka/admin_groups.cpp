#include "kafka/admin_client.hpp"

#include "kafka/admin_request.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

// What brokers know of consumer groups. Each answer is an event, which the pointers in it belong to.
namespace paperboy
{
namespace
{

using committed_question = std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t,
                                           kafka::destroy_with<&rd_kafka_ListConsumerGroupOffsets_destroy>>;
using commit_order = std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t,
                                     kafka::destroy_with<&rd_kafka_AlterConsumerGroupOffsets_destroy>>;

constexpr auto dead = "Dead";

using group_results = std::span<rd_kafka_group_result_t const* const>;

group_results committed_in(kafka::event_handle const& answer)
{
    auto count = std::size_t{0};
    auto const* const* const found = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(answer.get()), &count);
    return {found, count};
}

group_results altered_in(kafka::event_handle const& answer)
{
    auto count = std::size_t{0};
    auto const* const* const found = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(answer.get()), &count);
    return {found, count};
}

std::span<rd_kafka_ConsumerGroupDescription_t const* const> described_in(kafka::event_handle const& answer)
{
    auto count = std::size_t{0};
    auto const* const* const found = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(answer.get()), &count);
    return {found, count};
}

rd_kafka_error_t const* error_of(rd_kafka_group_result_t const* result)
{
    return rd_kafka_group_result_error(result);
}

rd_kafka_error_t const* error_of(rd_kafka_ConsumerGroupDescription_t const* description)
{
    return rd_kafka_ConsumerGroupDescription_error(description);
}

bool is_loading(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
           error == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE || error == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
}

// Asks again while the broker that has only just become a group's coordinator still loads the group.
template <class Ask, class Results>
kafka::event_handle ask_coordinator(std::chrono::steady_clock::time_point deadline, Ask const& ask,
                                    Results const& results_in)
{
    auto const loading = [&](kafka::event_handle const& answer)
    {
        if (!answer || rd_kafka_event_error(answer.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return answer && is_loading(rd_kafka_event_error(answer.get()));
        return std::ranges::any_of(results_in(answer),
                                   [](auto const* each) { return is_loading(rd_kafka_error_code(error_of(each))); });
    };
    auto answer = ask();
    while (loading(answer) && std::chrono::steady_clock::now() + admin_pause < deadline)
    {
        std::this_thread::sleep_for(admin_pause);
        answer = ask();
    }
    return answer;
}

std::span<rd_kafka_topic_partition_t const> elements(rd_kafka_topic_partition_list_t const* list)
{
    if (list == nullptr)
        return {};
    return {list->elems, static_cast<std::size_t>(list->cnt)};
}

// Of a broker's host as "/127.0.0.1", which is how Kafka's own tools show it.
group_member member_of(rd_kafka_MemberDescription_t const* of)
{
    auto member = group_member{};
    member.id = rd_kafka_MemberDescription_consumer_id(of);
    member.client = rd_kafka_MemberDescription_client_id(of);
    member.host = rd_kafka_MemberDescription_host(of);
    if (auto const* const assignment = rd_kafka_MemberDescription_assignment(of))
        for (auto const& each : elements(rd_kafka_MemberAssignment_partitions(assignment)))
            member.assigned.emplace_back(each.topic, each.partition);
    return member;
}

kafka::partition_list list_of(std::span<topic_partition const> partitions)
{
    auto list = kafka::partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (auto const& each : partitions)
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    return list;
}

} // namespace

std::vector<admin::impl::listed_group> admin::impl::list_groups()
{
    auto const doing = std::string{"ask for the consumer groups"};
    begin(doing);
    auto const answer = kafka::ask_brokers(client_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, wait(),
                                           [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                           { rd_kafka_ListConsumerGroups(client_.get(), options, queue); });
    require(answer, doing);
    auto const* const result = rd_kafka_event_ListConsumerGroups_result(answer.get());
    auto count = std::size_t{0};
    auto const* const* const errors = rd_kafka_ListConsumerGroups_result_errors(result, &count);
    if (count > 0)
        fail(doing, rd_kafka_error_code(errors[0]), rd_kafka_error_string(errors[0]));
    auto const* const* const found = rd_kafka_ListConsumerGroups_result_valid(result, &count);
    auto all = std::vector<listed_group>{};
    for (auto const* const each : std::span{found, count})
        all.push_back({rd_kafka_ConsumerGroupListing_group_id(each),
                       rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupListing_state(each))});
    return all;
}

std::vector<std::string> admin::impl::groups()
{
    auto names = std::vector<std::string>{};
    for (auto& each : list_groups())
        names.push_back(std::move(each.name));
    std::ranges::sort(names);
    return names;
}

group_description admin::impl::describe(std::string const& group)
{
    auto const doing = "ask for group \"" + group + "\"";
    begin(doing);
    char const* name = group.c_str();
    auto const ask = [&]
    {
        return kafka::ask_brokers(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, wait(),
                                  [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                  { rd_kafka_DescribeConsumerGroups(client_.get(), &name, 1, options, queue); });
    };
    auto const answer = ask_coordinator(deadline_, ask, described_in);
    require(answer, doing);
    auto described = group_description{};
    described.name = group;
    for (auto const* const each : described_in(answer))
    {
        auto const* const error = error_of(each);
        auto const code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
            fail(doing, code, rd_kafka_error_string(error));
        described.state = code == RD_KAFKA_RESP_ERR_NO_ERROR
                              ? rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(each))
                              : dead;
        for (auto number = std::size_t{0}; number < rd_kafka_ConsumerGroupDescription_member_count(each); ++number)
            described.members.push_back(member_of(rd_kafka_ConsumerGroupDescription_member(each, number)));
    }
    if (described.state != dead)
        return described;
    // Before 2.10 librdkafka asks for groups of the classic protocol only. Others are in the list all the same.
    for (auto const& each : list_groups())
        if (each.name == group && each.state != dead)
        {
            described.state = each.state;
            described.members_known = each.state == "Empty";
        }
    return described;
}

std::vector<partition_offset> admin::impl::committed(std::string const& group,
                                                     std::span<topic_partition const> partitions)
{
    auto offsets = std::vector<partition_offset>{};
    if (partitions.empty())
        return offsets;
    auto const doing = "ask for the committed offsets of group \"" + group + "\"";
    begin(doing);
    auto const list = list_of(partitions);
    auto const question = committed_question{rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), list.get())};
    auto* all = question.get();
    auto const ask = [&]
    {
        return kafka::ask_brokers(client_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, wait(),
                                  [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                  { rd_kafka_ListConsumerGroupOffsets(client_.get(), &all, 1, options, queue); });
    };
    auto const answer = ask_coordinator(deadline_, ask, committed_in);
    require(answer, doing);
    for (auto const* const result : committed_in(answer))
    {
        if (auto const* const error = error_of(result))
            fail(doing, rd_kafka_error_code(error), rd_kafka_error_string(error));
        for (auto const& each : elements(rd_kafka_group_result_partitions(result)))
            if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR)
                fail(doing + " for " + to_string(topic_partition{each.topic, each.partition}), each.err);
            else if (each.offset >= 0)
                offsets.emplace_back(each.topic, each.partition, each.offset);
    }
    return offsets;
}

void admin::impl::commit(std::string const& group, std::span<partition_offset const> offsets)
{
    if (offsets.empty())
        return;
    auto const doing = "commit offsets for group \"" + group + "\"";
    begin(doing);
    auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (auto const& each : offsets)
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition)->offset = each.offset;
    auto const order = commit_order{rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list.get())};
    auto* all = order.get();
    auto const ask = [&]
    {
        return kafka::ask_brokers(client_, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, wait(),
                                  [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                  { rd_kafka_AlterConsumerGroupOffsets(client_.get(), &all, 1, options, queue); });
    };
    auto const answer = ask_coordinator(deadline_, ask, altered_in);
    require(answer, doing);
    for (auto const* const result : altered_in(answer))
    {
        if (auto const* const error = error_of(result))
            fail(doing, rd_kafka_error_code(error), rd_kafka_error_string(error));
        for (auto const& each : elements(rd_kafka_group_result_partitions(result)))
            if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR)
                fail(doing + ", " + to_string(topic_partition{each.topic, each.partition}), each.err);
    }
}

} // namespace paperboy
