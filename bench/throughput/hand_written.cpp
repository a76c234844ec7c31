#include "throughput/hand_written.hpp"

#include "kafka/changelog_reader.hpp"
#include "kafka/client_config.hpp"
#include "kafka/property_check.hpp"

#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <stdexcept>

namespace paperboy::bench
{
namespace
{

constexpr auto poll_ms = 100;

client_handle make_client(rd_kafka_type_t type, kafka::conf_handle conf)
{
    kafka::set(conf, "log.queue", "false");
    rd_kafka_conf_set_events(conf.get(), 0);
    auto reason = std::array<char, 512>{};
    auto client = client_handle{rd_kafka_new(type, conf.get(), reason.data(), reason.size())};
    if (!client)
        throw std::runtime_error{reason.data()};
    static_cast<void>(conf.release());
    if (type == RD_KAFKA_CONSUMER)
        rd_kafka_poll_set_consumer(client.get());
    return client;
}

void undelivered(rd_kafka_t*, rd_kafka_message_t const* message, void*)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        std::abort();
}

void require(rocksdb::Status const& status)
{
    if (!status.ok())
        throw std::runtime_error{status.ToString()};
}

} // namespace

void close_and_destroy::operator()(rd_kafka_t* client) const noexcept
{
    if (rd_kafka_type(client) == RD_KAFKA_CONSUMER)
        rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
}

client_handle make_consumer(options const& from)
{
    return make_client(RD_KAFKA_CONSUMER, kafka::make_consumer_conf(engine_settings(from)));
}

// rd_kafka_assign() wants a group, though none is joined.
client_handle make_changelog_reader(options const& from)
{
    constexpr auto part_of_memory = 4;
    auto const settings = engine_settings(from);
    auto conf = kafka::make_changelog_conf(settings, from.partition_sizes.size(), from.memory_limit / part_of_memory);
    kafka::set(conf, "group.id", settings.group_id);
    kafka::set(conf, "enable.auto.commit", "false");
    kafka::set(conf, "enable.partition.eof", "false");
    return make_client(RD_KAFKA_CONSUMER, std::move(conf));
}

client_handle make_producer(options const& from)
{
    auto conf = kafka::make_producer_conf(engine_settings(from));
    kafka::set(conf, "delivery.report.only.error", "true");
    rd_kafka_conf_set_dr_msg_cb(conf.get(), undelivered);
    return make_client(RD_KAFKA_PRODUCER, std::move(conf));
}

void subscribe(client_handle const& consumer, std::string const& topic)
{
    auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (auto const error = rd_kafka_subscribe(consumer.get(), list.get()))
        throw std::runtime_error{rd_kafka_err2str(error)};
}

void produce_all(client_handle const& producer, kafka::topic_handle const& topic,
                 std::span<rd_kafka_message_t> messages)
{
    while (!messages.empty())
    {
        rd_kafka_produce_batch(topic.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_PARTITION,
                               messages.data(), static_cast<int>(messages.size()));
        auto const refused = std::ranges::find_if(messages, [](auto const& each) { return each.err != 0; });
        messages = messages.subspan(static_cast<std::size_t>(refused - messages.begin()));
        if (!messages.empty() && messages.front().err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            throw std::runtime_error{rd_kafka_err2str(messages.front().err)};
        rd_kafka_poll(producer.get(), messages.empty() ? 0 : 1);
    }
}

// A call that asks for more than will come waits out its timeout.
std::span<rd_kafka_message_t* const> message_batch::take(rd_kafka_queue_t* queue, std::size_t at_most)
{
    clear();
    auto const count = rd_kafka_consume_batch_queue(queue, poll_ms, room_.data(), std::min(at_most, room_.size()));
    if (count < 0)
        throw std::runtime_error{rd_kafka_err2str(rd_kafka_last_error())};
    size_ = static_cast<std::size_t>(count);
    auto const all = std::span<rd_kafka_message_t* const>{room_.data(), size_};
    for (auto const* const each : all)
        if (each->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw std::runtime_error{rd_kafka_message_errstr(each)};
    return all;
}

void message_batch::clear() noexcept
{
    for (auto* const each : std::span{room_.data(), std::exchange(size_, 0)})
        rd_kafka_message_destroy(each);
}

sorted_files::sorted_files(std::size_t partitions)
{
    constexpr auto bits_per_key = 10;
    auto blocks = rocksdb::BlockBasedTableOptions{};
    blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(bits_per_key));
    options_.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
    options_.create_if_missing = true;
    auto const supported = rocksdb::GetSupportedCompressions();
    if (std::ranges::find(supported, rocksdb::kLZ4Compression) != supported.end())
        options_.compression = rocksdb::kLZ4Compression;
    auto* opened = static_cast<rocksdb::DB*>(nullptr);
    require(rocksdb::DB::Open(options_, (where_.path() / "db").string(), &opened));
    db_.reset(opened);
    auto names = std::vector<std::string>{};
    for (std::size_t i = 0; i < partitions; ++i)
        names.push_back(std::to_string(i));
    require(db_->CreateColumnFamilies(options_, names, &families_));
}

sorted_files::~sorted_files()
{
    for (auto* const each : families_)
        static_cast<void>(db_->DestroyColumnFamilyHandle(each));
    static_cast<void>(db_->Close());
}

void sorted_files::add(std::size_t partition, std::span<entry const> entries, std::int64_t next_offset)
{
    auto const path = (where_.path() / (std::to_string(files_++) + ".sst")).string();
    auto writer = rocksdb::SstFileWriter{rocksdb::EnvOptions{}, options_, families_[partition]};
    require(writer.Open(path));
    require(writer.Put("", std::to_string(next_offset)));
    for (auto const& [key, value] : entries)
        require(writer.Put(key, value));
    require(writer.Finish());
    auto how = rocksdb::IngestExternalFileOptions{};
    how.move_files = true;
    how.write_global_seqno = false;
    require(db_->IngestExternalFile(families_[partition], {path}, how));
}

} // namespace paperboy::bench
