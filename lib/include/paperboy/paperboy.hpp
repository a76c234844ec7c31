#pragma once

/// Everything an embedding program needs, except the tools for tests (testing.hpp, mock_cluster.hpp) and the serdes of
/// formats, which cost compile time (json.hpp) or need a library's headers (json_document.hpp: simdjson's).

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
