#pragma once

#include <paperboy/error.hpp>

#include <librdkafka/rdkafka.h>

namespace paperboy::kafka
{

[[nodiscard]] inline error_code make_code(rd_kafka_resp_err_t error) noexcept
{
    return {static_cast<int>(error), kafka_category()};
}

} // namespace paperboy::kafka
