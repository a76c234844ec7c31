#pragma once

/// Everything an embedding program needs, except
/// - serdes that cost compile time (json.hpp) or need a library's headers (json_document.hpp: simdjson's,
///   msgpack_json.hpp: nlohmann-json's), and avro_datum.hpp;
/// - components (http.hpp, metrics.hpp, rocksdb_store.hpp, rocksdb_inspect.hpp);
/// - loggers for other libraries (spdlog_logger.hpp, boost_log_logger.hpp) and log_fields.hpp;
/// - tools without an engine (admin.hpp, topic_reader.hpp, topic_writer.hpp);
/// - those for tests (testing.hpp, mock_cluster.hpp).

#include <paperboy/avro.hpp>
#include <paperboy/config.hpp>
#include <paperboy/engine.hpp>
#include <paperboy/engine_monitor.hpp>
#include <paperboy/error.hpp>
#include <paperboy/error_action.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/health.hpp>
#include <paperboy/last_by_key.hpp>
#include <paperboy/logger.hpp>
#include <paperboy/mode.hpp>
#include <paperboy/oauth.hpp>
#include <paperboy/observer.hpp>
#include <paperboy/ordering.hpp>
#include <paperboy/producer.hpp>
#include <paperboy/record.hpp>
#include <paperboy/schema_registry.hpp>
#include <paperboy/serde.hpp>
#include <paperboy/shard_store.hpp>
#include <paperboy/start_at.hpp>
#include <paperboy/stats.hpp>
#include <paperboy/steps.hpp>
#include <paperboy/table.hpp>
#include <paperboy/topic_partition.hpp>
#include <paperboy/trace_context.hpp>
#include <paperboy/traced_hooks.hpp>
